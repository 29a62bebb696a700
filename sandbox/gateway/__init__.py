"""The self-hosted gateway's container image: what it reads, serves and says, without its policies.

It knows its environment (the settings of the settings reference), and of its root folder: its network and its trust
store. It knows nothing else of the sandbox.

Not played yet: gateway tokens, workload identity and certificates as its authentication, the configuration backup at
`/apim/config`, and an outbound proxy. Where one of them is configured, the gateway stops and says so, rather than pretend.
Of instance discovery, the other instances are looked up; what they would send each other (UDP 4290, 4291) is not played.
"""
