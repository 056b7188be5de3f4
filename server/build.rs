//! Tells cargo that a new migration means a new build: the macro that includes them cannot.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
