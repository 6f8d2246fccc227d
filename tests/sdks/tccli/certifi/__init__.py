# Stands in for the package of the same name, by PYTHONPATH. The vendor's SDK passes
# `certifi.where()` to `requests` (seen in 3.1.120 to 3.1.193), which then ignores REQUESTS_CA_BUNDLE.
# Here that variable is the bundle, so that tccli and its SDK run unmodified.
import os


def where():
    return os.environ["REQUESTS_CA_BUNDLE"]


def contents():
    with open(where(), encoding="ascii") as bundle:
        return bundle.read()
