"""For tests of data code: the pytest plugin with the fixture ``lineage``. See docs/pytest.md.

``plugin`` is imported by every pytest where this package is installed, so it imports nothing but pytest; the rest comes
with the first test that asks for the fixture.
"""
