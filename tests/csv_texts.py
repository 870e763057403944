"""Small CSV files of each likelihood."""

SCHOOLS = """\
label,y,se
A,28,15
B,8,10
C,-3,1.5
D,7,1
E,-1,9
F,1,11
G,18,10
H,12,18
"""
# Davies (1967): yields of batches; deaths among operations (Spiegelhalter and others 1996);
# failures of pumps in thousands of hours (Gaver and O'Muircheartaigh 1987)
OBSERVATIONS = "group,y\n1,1545\n1,1440\n1,1440\n2,1540\n2,1555\n3,1595\n3,1550.5\n4,1445\n"
SUMMARIES = "group,mean,sd,n\nA,13.3,2.1,7\nB,17.1,1.4,3\nC,11.2,NA,1\nD,15,3.5,12\n"
SUCCESSES = "hospital,r,n\nA,0,47\nB,18,148\nC,8,119\nD,46,810\n"
COUNTS = "failures,exposure\n5,94.3\n1,15.7\n0,2.5\n14,126\n22,10.5\n"
KINDS = {
    **{"normal": SCHOOLS, "observations": OBSERVATIONS, "summaries": SUMMARIES},
    **{"binomial": SUCCESSES, "poisson": COUNTS},
}
