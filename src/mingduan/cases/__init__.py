"""The one case: its events, duties, money and papers, and the only way anything is written about it."""
