"""One record for each capability. These modules import texts only: help reads all of them."""
