"""Values with standard uncertainties: how they are given, and what they do to what is computed from them."""
