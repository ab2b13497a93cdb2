"""The tests, as a package, since SBMLKinetics installs one of the same name."""
