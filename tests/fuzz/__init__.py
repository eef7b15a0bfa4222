"""Every parser, given what nobody would write: no error but ours, no hang, and nothing wrong believed."""
