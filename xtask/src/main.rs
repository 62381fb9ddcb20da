//! The project's chores, one a module: `cargo xtask --help` lists them.

#![expect(clippy::print_stdout, reason = "a chore tells the person who started it what it does")]

mod bench;
mod ci;
mod clang;
mod clients;
mod command;
mod costs;
mod debian;
mod deploy;
mod dev_key;
mod instructions;
mod lambda_zip;
mod languages;
mod node;
mod plugins;
mod python;
mod rust_target;
mod serve;
mod server;
mod stacks;
mod test;
mod tidy;
mod wasm_toolchain;
mod workflows;
mod workspace;

use std::process::ExitCode;

use clap::Parser;
use workspace::Workspace;

/// The chores of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Chore {
    /// Build the plugins as WebAssembly components and list them.
    Plugins(plugins::Options),
    /// Run Adit on this machine, with a stand-in for Bedrock, and print lines to try it with.
    Serve(serve::Options),
    /// Build everything and run every test.
    Test(test::Options),
    /// Build the zip of AWS Lambda.
    Zip(lambda_zip::Options),
    /// Deploy to AWS, with settings, plugins and a first key.
    Deploy(deploy::Options),
    /// Remove from AWS what `deploy` has made.
    Destroy(deploy::DestroyOptions),
    /// Measure what Adit costs.
    Bench(bench::Options),
    /// Work out what requests cost on AWS.
    Costs,
    /// Count the instructions of calls of plugins, and compare with what they were.
    Instructions(instructions::Options),
    /// Check the workflows of continuous integration.
    Workflows,
    /// Check what a linter cannot say: layers, names, lengths, manifests.
    Tidy,
    /// All that has to be green: format, lints, tidy, tests.
    Ci,
}

fn main() -> ExitCode {
    match run(Chore::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match chore {
        Chore::Plugins(options) => plugins::build_and_list(&workspace, &options),
        Chore::Serve(options) => serve::run(&workspace, &options),
        Chore::Test(options) => test::run(&workspace, &options),
        Chore::Zip(options) => lambda_zip::run(&workspace, &options),
        Chore::Deploy(options) => deploy::run(&workspace, &options),
        Chore::Destroy(options) => deploy::destroy(&workspace, &options),
        Chore::Bench(options) => bench::run(&workspace, &options),
        Chore::Costs => costs::run(&workspace),
        Chore::Instructions(options) => instructions::run(&workspace, &options),
        Chore::Workflows => workflows::check(&workspace),
        Chore::Tidy => tidy::run(&workspace.root),
        Chore::Ci => ci::run(&workspace),
    }
}
