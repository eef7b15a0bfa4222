"""Command names that a function cannot take: an alias wins over a function of the same name."""

_NAMES = """
ac asnp cat cd chdir clc clear clhy cli clp cls clv compare copy cp cpi cpp curl cvpa dbp del diff dir ebp echo
epal epcsv epsn erase etsn exsn fc fl foreach ft fw gal gbp gc gci gcm gcs gdr ghy gi gjb gl gm gmo gp gps group
gsn gsnp gsv gu gv gwmi h history icm iex ihy ii ipal ipcsv ipmo ipsn irm ise iwmi iwr kill lp ls man md measure
mi mount move mp mv nal ndr ni nmo nsn nv ogv oh popd ps pushd pwd r rbp rcjb rd rdr ren ri rjb rm rmdir rmo rni
rnp rp rsn rsnp rv rvpa rwmi sajb sal saps sasv sbp sc select set si sl sleep sls sort sp spjb spps spsv start sv
swmi tee trcm type wget where wjb write
new-object
"""
COMMANDS = frozenset(_NAMES.split())
"""Aliases of Windows PowerShell 2.0 to 5.1 in lower case, and the one cmdlet that scripts here may use."""
