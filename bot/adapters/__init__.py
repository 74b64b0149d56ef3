"""One file per port and technology: the only room with SQL or outside HTTP."""
