//! An Adit in front of a stand-in for Bedrock, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use runtime_api::Function;
use serde_json::Value;
use tempfile::TempDir;

use super::connection::Connection;
use super::lambda::{self, Lambda};
use super::process::Process;
use super::server::Server;
use super::sim::Sim;
use super::{Key, built};

/// What a test wants to be there.
pub(crate) struct Setup {
    folder: TempDir,
    script: Value,
    environment: Vec<(&'static str, String)>,
    upstream: Option<String>,
    build: Build,
    ingress: Ingress,
    settings_for_all: &'static [&'static str],
}

/// Which of the two builds serves. The operator's commands are always those of the usual one.
#[derive(Clone, Copy)]
enum Build {
    WithCompiler,
    RuntimeOnly,
}

/// How requests come in.
enum Ingress {
    /// To a server on this machine.
    Local,
    /// To a function on Lambda, which may be other than it usually is.
    Lambda(Box<dyn Fn(&mut Function) + Send + Sync>),
}

/// The two servers, and the operator's commands. Both end with the value.
pub(crate) struct Stack {
    folder: TempDir,
    server: Server,
    pub(crate) sim: Sim,
    environment: Vec<(&'static str, String)>,
    upstream: String,
    build: Build,
    ingress: Ingress,
    /// What every command of the operator is given.
    settings_for_all: &'static [&'static str],
    keys: AtomicU32,
}

impl Setup {
    /// Nothing but defaults. Requests come in as the runner of the tests wants it.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir_all(folder.path().join("data/plugins")).unwrap();
        fs::write(folder.path().join("adit.toml"), "").unwrap();
        let (script, environment) = (Value::Array(Vec::new()), Vec::new());
        let ingress =
            if built::ingress_is_lambda() { Ingress::Lambda(Box::new(|_| ())) } else { Ingress::Local };
        let (upstream, build) = (None, Build::WithCompiler);
        Self { folder, script, environment, upstream, build, ingress, settings_for_all: &[] }
    }

    /// Installs plugins under their own names.
    pub(crate) fn plugins<const N: usize>(self, names: [&str; N]) -> Self {
        for name in names {
            install(&self.folder, name, &fs::read(built::plugin(name)).unwrap());
        }
        self
    }

    /// Installs a file of these bytes as a plugin.
    pub(crate) fn plugin_file(self, name: &str, bytes: &[u8]) -> Self {
        install(&self.folder, name, bytes);
        self
    }

    /// What the model does: the rules of a script for the simulator.
    pub(crate) fn script(mut self, rules: Value) -> Self {
        self.script = rules;
        self
    }

    /// The settings file.
    pub(crate) fn settings(self, toml: &str) -> Self {
        self.write_settings(toml);
        self
    }

    /// Keeps everything in DynamoDB, in new tables: with these settings beside those that say so. The operator's commands
    /// go by the settings file.
    pub(crate) fn dynamodb(mut self, url: &str, toml: &str) -> Self {
        let store = format!("[store]\ntable = \"adit-test\"\nregion = \"us-east-1\"\nendpoint = \"{url}\"\n");
        self.settings_for_all = &["--settings", "adit.toml"];
        let made = adit(&built::adit(), &self.folder, &self.environment)
            .args(["--settings", self.write_settings(&format!("{toml}\n{store}")), "store", "create"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self
    }

    fn write_settings(&self, toml: &str) -> &'static str {
        fs::write(self.folder.path().join("adit.toml"), toml).unwrap();
        "adit.toml"
    }

    /// Sets a variable in the server's environment.
    pub(crate) fn environment(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Sends requests there, and not to the simulator.
    pub(crate) fn upstream(mut self, url: impl Into<String>) -> Self {
        self.upstream = Some(url.into());
        self
    }

    /// Serves with the build that has no compiler.
    pub(crate) fn runtime_only(mut self) -> Self {
        self.build = Build::RuntimeOnly;
        self
    }

    /// Serves as a function on Lambda, whatever the runner wants, and changes what is usual there: one environment for
    /// many requests at once.
    pub(crate) fn on_lambda(mut self, change: impl Fn(&mut Function) + Send + Sync + 'static) -> Self {
        self.ingress = Ingress::Lambda(Box::new(change));
        self
    }

    /// Starts both servers.
    pub(crate) fn start(self) -> Stack {
        let Self { folder, script, environment, upstream, build, ingress, settings_for_all } = self;
        let sim = Sim::start(folder.path(), &script);
        let upstream = upstream.unwrap_or_else(|| sim.url());
        let server = serve(&ingress, build, &folder, &environment, &upstream);
        let keys = AtomicU32::new(0);
        Stack { folder, server, sim, environment, upstream, build, ingress, settings_for_all, keys }
    }
}

impl Stack {
    /// Starts with plugins and defaults.
    pub(crate) fn with<const N: usize>(plugins: [&str; N]) -> Self {
        Setup::new().plugins(plugins).start()
    }

    /// A new key without plugins.
    pub(crate) fn key(&self) -> Key<'_> {
        let name = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        let secret = self.adit(&["key", "create", &name, "--quiet"]).trim_end().to_owned();
        Key::new(self, name, secret)
    }

    /// Runs a command of the operator, and answers what it printed.
    pub(crate) fn adit(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "adit {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that has to fail, and answers why it did.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "adit {arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Output {
        self.prepared(arguments).output().unwrap()
    }

    /// A command that is not started yet.
    pub(crate) fn prepared(&self, arguments: &[&str]) -> Command {
        let mut command = adit(&built::adit(), &self.folder, &self.environment);
        command.args(self.settings_for_all).args(arguments);
        command
    }

    /// The folder in which all commands are typed. The settings are `adit.toml` there, and the data is `data`.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A connection of its own.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.server.address())
    }

    /// Replaces a plugin's file, as if long ago: a server that runs takes it for whole.
    pub(crate) fn replace_plugin(&self, name: &str, bytes: &[u8]) {
        install(&self.folder, name, bytes);
        let file = fs::File::options().write(true).open(self.plugin_path(name)).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap() - Duration::from_mins(1);
        file.set_times(fs::FileTimes::new().set_modified(modified)).unwrap();
    }

    /// Replaces a plugin's file in one step, by another one that lies beside it.
    pub(crate) fn move_in_plugin(&self, name: &str, bytes: &[u8]) {
        let beside = self.plugin_path(name).with_extension("part");
        fs::write(&beside, bytes).unwrap();
        fs::rename(beside, self.plugin_path(name)).unwrap();
    }

    /// Where a file of the data folder lies.
    pub(crate) fn data_path(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }

    /// Writes a file beside the settings, and answers how a command names it.
    pub(crate) fn write(&self, name: &'static str, text: &str) -> &'static str {
        fs::write(self.folder.path().join(name), text).unwrap();
        name
    }

    /// Where a plugin's file lies.
    pub(crate) fn plugin_path(&self, name: &str) -> PathBuf {
        plugin_path(&self.folder, name)
    }

    /// One more server with the same settings, and a data folder of its own.
    pub(crate) fn serve_beside(&self) -> Server {
        let folder = self.folder.path();
        let (program, data) = (program(&self.ingress, self.build), folder.join("beside"));
        match &self.ingress {
            Ingress::Local => {
                let mut command = command(&program, folder, &data, &self.environment);
                Server::Local(serving(&mut command, &self.upstream))
            }
            Ingress::Lambda(change) => {
                Server::Lambda(invoked(&program, folder, &data, &self.environment, &self.upstream, change))
            }
        }
    }

    /// Ends the server as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.server.kill();
    }

    /// Ends the server as `kill -9` does, and starts it again on the same data.
    pub(crate) fn kill_and_restart(&mut self) {
        self.server.kill();
        self.server = self.serve();
    }

    /// Ends the server as operators do, and starts it again on the same data.
    pub(crate) fn restart(&mut self) {
        self.server.stop();
        self.server = self.serve();
    }

    fn serve(&self) -> Server {
        serve(&self.ingress, self.build, &self.folder, &self.environment, &self.upstream)
    }

    /// Ends the server as operators do, and answers all that it has logged.
    pub(crate) fn stop(mut self) -> String {
        self.server.stop();
        self.server.log()
    }

    /// Ends the server as operators do, and answers all that it has written to stdout and logged.
    pub(crate) fn stop_for_all(mut self) -> String {
        self.server.stop();
        format!("{}\n{}", self.server.output(), self.server.log())
    }

    /// Ends the server as operators do, and answers the records of all requests (`[telemetry]` has to say
    /// `format = 'json'`).
    pub(crate) fn stop_for_records(mut self) -> Vec<Value> {
        self.server.stop();
        self.server.output().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What serves.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// What serves, if that is a function on Lambda.
    pub(crate) fn lambda(&self) -> &Lambda {
        match &self.server {
            Server::Lambda(lambda) => lambda,
            Server::Local(_) => panic!("it is served by a server on this machine"),
        }
    }
}

fn plugin_path(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join("data/plugins").join(name).with_extension("wasm")
}

fn install(folder: &TempDir, name: &str, bytes: &[u8]) {
    fs::write(plugin_path(folder, name), bytes).unwrap();
}

/// The program, which sees nothing of this machine's environment.
fn adit(program: &Path, folder: &TempDir, environment: &[(&'static str, String)]) -> Command {
    command(program, folder.path(), &folder.path().join("data"), environment)
}

fn command(program: &Path, folder: &Path, data: &Path, environment: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--data")
        .arg(data)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().map(|(name, value)| (name, value)));
    command
}

fn serve(
    ingress: &Ingress,
    build: Build,
    folder: &TempDir,
    environment: &[(&'static str, String)],
    upstream: &str,
) -> Server {
    let program = program(ingress, build);
    match ingress {
        Ingress::Local => Server::Local(serving(&mut adit(&program, folder, environment), upstream)),
        Ingress::Lambda(change) => {
            let data = folder.path().join("data");
            Server::Lambda(invoked(&program, folder.path(), &data, environment, upstream, change))
        }
    }
}

fn program(ingress: &Ingress, build: Build) -> PathBuf {
    match (ingress, build) {
        (Ingress::Local, Build::WithCompiler) => built::adit(),
        (Ingress::Local, Build::RuntimeOnly) => built::runtime_only(),
        (Ingress::Lambda(_), Build::WithCompiler) => built::bootstrap(),
        (Ingress::Lambda(_), Build::RuntimeOnly) => built::runtime_only_bootstrap(),
    }
}

fn invoked(
    program: &Path,
    folder: &Path,
    data: &Path,
    environment: &[(&'static str, String)],
    upstream: &str,
    change: &dyn Fn(&mut Function),
) -> Lambda {
    let function = lambda::function(program, folder, upstream).variable("ADIT_DATA", data);
    let mut function =
        environment.iter().fold(function, |function, (name, value)| function.variable(name, value));
    change(&mut function);
    Lambda::start(function)
}

fn serving(command: &mut Command, upstream: &str) -> Process {
    command.args(["serve", "--listen", "127.0.0.1:0", "--config", "adit.toml", "--upstream", upstream]);
    Process::start(command)
}
