"""Programs that measure: side by side in one run, ratios and medians printed; never part of the tests."""
