// nothing is here
