//! The `koctl` program: everything it does is in the library, in [`koctl::cli`].

fn main() -> std::process::ExitCode {
    koctl::cli::main()
}
