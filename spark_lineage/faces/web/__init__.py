"""The local page: answers over stores as JSON, served to a browser on the same machine. Nothing is written, ever.

``stores`` says what stands for a run in addresses, ``documents`` what each address gives, ``guarding`` whom it is given
to, ``app`` ties them together, ``serving`` binds and runs. The libraries that serve are an extra of the package and are
imported by ``app`` and ``serving`` alone.
"""
