"""The calls of a Tokenward server as data: what is sent, and how the answer is read. Nothing is sent here.

Each function makes one call, or the steps of several; `Client` and `AsyncClient` have each as a method.
In the examples `client` is a `Client`.
"""
