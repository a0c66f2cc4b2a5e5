"""One world for tests and benchmarks: the project's own parts, put together by its own `bootstrap`, on a clock that
jumps, with the vendors in this process and AWS in memory.
"""
