"""A scan that is disturbed at every place in turn ends in time, with the facts or with the reason for having none."""
