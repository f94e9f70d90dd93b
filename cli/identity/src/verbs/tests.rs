//! Certificates from key to chain, by the commands as one types them, and what OpenSSL says of them.

mod new;
mod requests;

use crate::{
    files,
    verbs::{
        assemble::{AssembleArgs, assemble},
        csr::{CsrArgs, csr},
        issue::{IssueArgs, issue},
        new::{NewArgs, new},
    },
};
use allod_test_support::Folder;
use clap::Parser;

#[derive(Parser)]
enum Cli {
    New(NewArgs),
    Csr(CsrArgs),
    Issue(IssueArgs),
    Assemble(AssembleArgs),
}

/// Runs `allod id …`. Arguments that begin with `@` are files in the folder.
fn run(folder: &Folder, line: &[&str]) -> Result<(), String> {
    let arguments = line
        .iter()
        .map(|argument| match argument.strip_prefix('@') {
            Some(file) => folder.path(file).display().to_string(),
            None => (*argument).to_string(),
        });
    let cli = Cli::try_parse_from(["id".to_string()].into_iter().chain(arguments))
        .map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(async {
        match &cli {
            Cli::New(args) => new(args),
            Cli::Csr(args) => csr(args),
            Cli::Issue(args) => issue(args).await,
            Cli::Assemble(args) => assemble(args).await,
        }
    });
    result.map(|_| ()).map_err(|error| error.to_string())
}

fn done(folder: &Folder, line: &[&str]) {
    run(folder, line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
}

/// Why it is not done; and nothing may be there after it.
fn refused(folder: &Folder, line: &[&str], unmade: &[&str]) -> String {
    let error = run(folder, line).unwrap_err();
    for file in unmade {
        assert!(!folder.path(file).exists(), "{file}: {error}");
    }
    error
}

fn path(folder: &Folder, name: &str) -> String {
    folder.path(name).display().to_string()
}

/// By every rule of RFC 5280 that it knows.
fn verified_by_openssl(folder: &Folder, root: &str, certificates: &[&str]) {
    verified_with(folder, &["-x509_strict"], root, certificates);
}

fn verified_with(folder: &Folder, flags: &[&str], root: &str, certificates: &[&str]) {
    let root = path(folder, root);
    let mut line = [&["verify"], flags, &["-CAfile", &root]].concat();
    let files: Vec<_> = certificates.iter().map(|name| path(folder, name)).collect();
    let (target, between) = files.split_last().unwrap();
    for file in between {
        line.extend(["-untrusted", file]);
    }
    line.push(target);
    let said = String::from_utf8(folder.openssl(&line)).unwrap();
    assert!(said.trim_end().ends_with(": OK"), "{said}");
}

fn der(folder: &Folder, name: &str) -> Vec<u8> {
    files::certificate(&folder.path(name)).unwrap()
}
