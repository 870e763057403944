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
# Colditz and others (1994): log risk ratios of tuberculosis with the BCG vaccine
BCG = """\
study,yi,sei,latitude,year
Aronson,-0.889,0.571,44,1948
Ferguson,-1.585,0.441,55,1949
Rosenthal 60,-1.348,0.645,42,1960
Hart,-1.442,0.141,52,1977
Frimodt-Moller,-0.218,0.226,13,1973
Stein,-0.786,0.083,44,1953
Vandiviere,-1.621,0.472,19,1973
TPT Madras,0.012,0.063,13,1980
Coetzee,-0.469,0.238,27,1968
Rosenthal 61,-1.371,0.270,42,1961
Comstock 74,-0.339,0.111,18,1974
Comstock 69,0.446,0.730,33,1969
Comstock 76,-0.017,0.267,33,1976
"""
