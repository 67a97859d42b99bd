//! The command line: one file a command, with its flags, its wiring and its exit code.

/// Runs the program with the arguments of this process.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
