//! The configuration of `docs/tls`, with certificates made here: only the right brain gets the body.

mod common;

use common::{Lab, free_endpoint};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// An authority that signs certificates.
type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Writes certificate and key of `name`, signed by an authority, as `<file>.pem` and `<file>-key.pem`.
fn certify(lab: &Lab, authority: &Authority, name: &str, file: &str) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.signed_by(&key, authority).unwrap();
    lab.write(&format!("{file}.pem"), certificate.pem());
    lab.write(&format!("{file}-key.pem"), key.serialize_pem());
}

#[test]
fn a_brain_without_the_right_certificate_is_refused() {
    let lab = Lab::new();
    let ours = authority("our laboratory");
    let theirs = authority("another laboratory");
    lab.write("ca.pem", ours.pem());
    certify(&lab, &ours, "world", "world");
    certify(&lab, &ours, "brain", "brain");
    certify(&lab, &ours, "viewer", "viewer");
    certify(&lab, &theirs, "brain", "stranger");
    let [world_config, brain_config] = ["world", "brain"].map(|side| {
        let path = format!("{}/../docs/tls/{side}.json5", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    });
    lab.write("world.json5", &world_config);
    lab.write("brain.json5", &brain_config);
    lab.write("stranger.json5", brain_config.replace("brain.pem", "stranger.pem").replace("brain-key", "stranger-key"));
    lab.write("viewer.json5", brain_config.replace("brain.pem", "viewer.pem").replace("brain-key", "viewer-key"));
    let nobody = brain_config.replace("connect_certificate", "// connect_certificate");
    lab.write("nobody.json5", nobody.replace("connect_private_key", "// connect_private_key"));
    let port = free_endpoint().rsplit(':').next().unwrap().to_owned();
    let world = format!("world reaching --time 20s --wait 60s --out w --zenoh-config world.json5 --listen tls/127.0.0.1:{port}");
    let world = lab.start(&world);
    for (config, why) in [
        ("stranger", "its certificate is of another authority"),
        ("nobody", "it has no certificate"),
        ("viewer", "its certificate is that of a viewer"),
    ] {
        let brain = format!("brain reaching --out b --wait 3s --zenoh-config {config}.json5 --connect tls/localhost:{port}");
        let said = lab.fails(&brain);
        assert!(said.contains("waited 3 s for a world"), "{why}: {said}");
    }
    let plain = lab.fails(&format!("brain reaching --out b --wait 3s --connect tcp/127.0.0.1:{port}"));
    assert!(plain.contains("waited 3 s for a world"), "{plain}");
    assert!(!lab.path("b").exists());
    lab.succeeds(&format!("brain reaching --out b --wait 30s --quiet --zenoh-config brain.json5 --connect tls/localhost:{port}"));
    world.succeeds();
    lab.run("one", "reaching --time 20s");
    lab.assert_same_but_for_transport("one", "w");
}
