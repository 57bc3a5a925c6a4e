//! clctl against the simulator: in the process under virtual time, and the binary over loopback.
