"""Sessions of Spark Connect: DataFrames are plans of the client, and what runs is a request to a server."""
