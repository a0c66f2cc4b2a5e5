"""The sandbox of `serve`: a person plays the merchant at the simulated Billbee and the warehouse at the simulated BiBi.

`shop` and `warehouse` have the acts, as models of what each needs. `control` takes them over HTTP on loopback, from the
command line (`commands`) and from the page (`page`).
"""
