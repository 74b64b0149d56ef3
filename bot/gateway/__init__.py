"""The only public process: HTTP and SSE for visitors and agents."""
