"""The public HTTP contract as models, by who asks; `docs/http.md` tells it in words."""
