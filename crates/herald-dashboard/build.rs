//! Builds `web/` with npm, in a copy of it under `OUT_DIR`, so that the sources stay as they are and
//! `cargo build` alone gives the whole product.
//!
//! `HERALD_DASHBOARD` says how much that matters: by default a build that fails is a warning and a
//! plain page takes the pages' place; `required` makes it an error; `skip` builds the plain page.

#![expect(
    clippy::print_stderr,
    reason = "this is how a build script says what is wrong"
)]

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// What the pages are made of, besides the folders. Whatever else lies in `web/` (installed
/// packages, an earlier build) is no source.
const FOLDERS: [&str; 2] = ["src", "public"];

const PLAIN_PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csp-nonce" content="__CSP_NONCE__">
<title>Herald</title>
<h1>Herald</h1>
<p>This server is running, but it was built without its pages: that takes Node.js 20 or newer, npm and a network. Build it
again with <code>HERALD_DASHBOARD=required</code> to see what is missing.</p>
<p>Programs can use it all the same: the typed API is at <code>/api/trpc</code>, sign-in at <code>/api/auth</code>.</p>
"#;

fn main() -> ExitCode {
    println!("cargo::rerun-if-env-changed=HERALD_DASHBOARD");
    let wish = env::var("HERALD_DASHBOARD").unwrap_or_default();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let dist = out.join("dist");
    let built = match wish.as_str() {
        "" | "required" => build(&manifest.join("../../web"), &out.join("web"), &dist),
        "skip" => plain(&dist),
        other => {
            eprintln!("HERALD_DASHBOARD: {other:?} is neither required nor skip");
            return ExitCode::FAILURE;
        }
    };
    match built {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if wish.is_empty() => {
            println!(
                "cargo::warning=the dashboard could not be built ({error}): a plain page takes its place"
            );
            plain(&dist).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("the dashboard could not be built: {error}");
            ExitCode::FAILURE
        }
    }
}

fn plain(dist: &Path) -> io::Result<()> {
    clear(dist)?;
    fs::create_dir_all(dist)?;
    fs::write(dist.join("index.html"), PLAIN_PAGE)
}

/// Copies the sources, installs their packages if the lock file is another than last time, builds.
fn build(web: &Path, copy: &Path, dist: &Path) -> io::Result<()> {
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={}", web.join(folder).display());
        clear(&copy.join(folder))?;
        copy_folder(&web.join(folder), &copy.join(folder))?;
    }
    for entry in fs::read_dir(web)? {
        let file = entry?;
        if file.file_type()?.is_file() {
            println!("cargo::rerun-if-changed={}", file.path().display());
            fs::copy(file.path(), copy.join(file.file_name()))?;
        }
    }

    let lock = fs::read(copy.join("package-lock.json"))?;
    // Beside the packages: whoever deletes them deletes the note that they are there.
    let installed = copy.join("node_modules/.installed-lock");
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        npm(copy, &["ci", "--prefer-offline", "--no-audit", "--no-fund"])?;
        fs::write(&installed, &lock)?;
    }
    npm(copy, &["run", "build"])?;
    clear(dist)?;
    copy_folder(&copy.join("dist"), dist)
}

fn npm(folder: &Path, arguments: &[&str]) -> io::Result<()> {
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("npm does not start: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    // Compilers write what is wrong to either.
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    Err(io::Error::other(format!(
        "npm {} ended with {}",
        arguments.join(" "),
        output.status
    )))
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
