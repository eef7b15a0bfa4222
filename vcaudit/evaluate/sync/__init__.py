"""Ways of keeping the nodes synchronised: what a task, a script or a replicated folder copies, from where to where."""
