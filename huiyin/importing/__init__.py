"""Files of old messages as people have them: read, understood, handed over, and what was refused.

Nothing here prints or asks: the command line does that, and a page may do it as well.
"""
