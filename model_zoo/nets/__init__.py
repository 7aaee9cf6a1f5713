"""The nets and their parts: the cargo, the only source code of subpack that a submission contains."""
