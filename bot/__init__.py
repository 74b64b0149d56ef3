"""Support helpdesk assistant for Ocean: what it decides, what it keeps, how it is reached."""
