//! `allod id`, every verb, against one node: certificates, keys and signatures are OpenSSL's.
//!
//! The steps build on one another, as a life does: a root and its child, a renewal, revocation and
//! lists, control, recovery, the end.

use crate::invariants;
use allod_e2e::{Answer, Node, TIMEOUT, binary, eventually, openssl, run};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;
use tokio::process::Command;

const ED25519: &str = "-newkey ed25519";
const P256: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
const P384: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-384";

/// Registers the certificate in a file, whose key lies beside it; its identifier.
pub async fn register(node: &Node, folder: &Path, certificate: &str) -> String {
    let register = ["id", "register", certificate, "--url", &node.url];
    let registered = run(binary(), &register, folder).await;
    assert_eq!(registered.code, 0, "{}{}", registered.out, registered.err);
    registered.out.split_whitespace().nth(1).unwrap().to_owned()
}

/// A node and a folder with the owner's files.
struct Owner {
    node: Node,
    folder: TempDir,
}

impl Owner {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `allod id` with these words.
    async fn id(&self, words: &str) -> Answer {
        let words = words.split_whitespace();
        let words: Vec<_> = ["id"].into_iter().chain(words).collect();
        let url = ["--url", self.node.url.as_str()];
        run(binary(), &[&words[..], &url].concat(), self.folder.path()).await
    }

    /// The same, which has to succeed.
    async fn done(&self, words: &str) -> String {
        let answer = self.id(words).await;
        assert_eq!(answer.code, 0, "{words}: {}{}", answer.out, answer.err);
        answer.out
    }

    /// The same, which has to fail for this reason.
    async fn refused(&self, words: &str, why: &str) {
        let answer = self.id(words).await;
        assert_eq!(answer.code, 2, "{words}: {}{}", answer.out, answer.err);
        assert!(answer.err.contains(why), "{words}: {}", answer.err);
        // Besides what is said while a block is waited for.
        let cause = |line: &&str| !line.starts_with("the transaction is in the node's pool");
        let causes = answer.err.trim().lines().filter(cause).count();
        assert_eq!(causes, 1, "{}", answer.err);
    }

    async fn openssl(&self, words: &str) -> Answer {
        let words: Vec<_> = words.split_whitespace().collect();
        run("openssl", &words, self.folder.path()).await
    }

    async fn made(&self, words: &str) {
        openssl(words, self.folder.path()).await;
    }

    /// A self-signed certificate and its key.
    async fn root(&self, file: &str, name: &str, kind: &str) {
        let files = format!("-keyout {file}.key -out {file}.pem");
        self.made(&format!(
            "req -x509 {kind} -nodes -subj /CN={name} -days 30 {files}"
        ))
        .await;
    }

    /// A certificate by the issuer in `issuer.pem`, and its key.
    async fn child(&self, file: &str, issuer: &str, kind: &str) {
        let request = format!("-keyout {file}.key -out {file}.csr");
        self.made(&format!("req {kind} -nodes -subj /CN={file} {request}"))
            .await;
        fs::write(
            self.path("child.cnf"),
            "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
        )
        .unwrap();
        let by = format!("-CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial");
        let files = format!("-in {file}.csr -out {file}.pem -extfile child.cnf");
        self.made(&format!("x509 -req -days 20 {by} {files}")).await;
    }

    /// Registers what is in a file; the identifier.
    async fn registered(&self, words: &str) -> String {
        let out = self.done(&format!("register {words}")).await;
        let identifier = out.split_whitespace().nth(1).unwrap_or_default();
        assert_eq!(identifier.len(), 64, "{out}");
        identifier.to_owned()
    }

    /// Waits until an identity holds, or does not.
    async fn until(&self, identifier: &str, holds: bool) {
        let wanted = i32::from(!holds);
        eventually(&format!("{identifier} holds: {holds}"), || async {
            let answer = self.id(&format!("verify {identifier}")).await;
            (answer.code == wanted).then_some(())
        })
        .await;
    }

    async fn details(&self, identifier: &str) -> Value {
        self.node.call("autoId_details", &[json!(identifier)]).await
    }

    /// Pastes what a first half printed, with the key's file in the place that is left for it.
    async fn pasted(&self, steps: &str, title: &str, key: &str) -> Answer {
        let line = steps.lines().find_map(|line| line.strip_prefix(title));
        let line = line.unwrap_or_else(|| panic!("no {title} in {steps}"));
        let line = line.trim().replace("KEY", key);
        let folder = binary().parent().map(Path::to_owned).unwrap_or_default();
        let line = format!("PATH=\"{}:$PATH\" && {line}", folder.display());
        run("sh", &["-c", &line], self.folder.path()).await
    }

    /// A request in two halves, the signature between them by OpenSSL; what the second one says.
    async fn carried(&self, words: &str, key: &str) -> String {
        let steps = self.done(&format!("{words} --payload bytes")).await;
        let signed = self.pasted(&steps, "sign:", key).await;
        assert_eq!(signed.code, 0, "{steps}{}", signed.err);
        let carried = self.pasted(&steps, "then:", "").await;
        assert_eq!(carried.code, 0, "{steps}{}", carried.err);
        carried.out
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lives_of_identities() {
    let chain = tempfile::tempdir().unwrap();
    let node = Node::start(chain.path(), &["dev"]).await;
    node.wait_for_block(2).await;
    let owner = Owner {
        node,
        folder: tempfile::tempdir().unwrap(),
    };
    let (root, child) = issue(&owner).await;
    holds(&owner, &child).await;
    let far = two_halves(&owner).await;
    consents(&owner).await;
    renewals(&owner, &root, &child).await;
    revocation_lists(&owner).await;
    control(&owner, &root, &child).await;
    moves(&owner, &root, &far).await;
    recovery(&owner).await;
    passwords(&owner).await;
    watch(&owner).await;
    invariants::check(&owner.node).await;
    assert!(owner.node.stop().await.success());
}

/// A root by OpenSSL, and a child that it issues.
async fn issue(owner: &Owner) -> (String, String) {
    owner.root("root", "root", ED25519).await;
    owner.child("child", "root", P256).await;
    owner
        .refused(
            "register child.pem",
            "name the issuer's identity with --issuer",
        )
        .await;
    owner
        .refused("register child.pem --issuer root.pem", "not registered")
        .await;
    let root = owner.registered("root.pem").await;
    owner
        .refused("register root.pem", "AlreadyRegistered")
        .await;
    let child = owner.registered("child.pem --issuer root.pem").await;
    let report = owner
        .done(&format!("verify {child} --accept-root {root}"))
        .await;
    assert!(report.contains("trusted              yes"), "{report}");
    (root, child)
}

/// On hold and released.
async fn holds(owner: &Owner, child: &str) {
    let out = owner
        .done("hold root.pem --certificate child.pem --json")
        .await;
    let said: Value = serde_json::from_str(&out).unwrap();
    assert!(said["block"]["number"].as_u64().unwrap() > 0, "{said}");
    owner.until(child, false).await;
    owner
        .refused("hold root.pem --certificate child.pem", "AlreadyOnHold")
        .await;
    owner
        .refused("services child.pem --remove", "SubjectOnHold")
        .await;
    owner.done("release root.pem --certificate child.pem").await;
    owner.until(child, true).await;
}

/// A key that is elsewhere, on P-384: the printed commands are run as they are.
async fn two_halves(owner: &Owner) -> String {
    owner.child("far", "root", P384).await;
    let carried = owner
        .carried("register far.pem --issuer root.pem", "far.key")
        .await;
    let far = carried.split_whitespace().nth(1).unwrap().to_owned();
    owner.until(&far, true).await;
    let service = "--service agent,A2A,https://example.org/a?x=1";
    let words = format!("services far.pem {service} --payload bytes");
    let steps = owner.done(&words).await;
    assert!(steps.contains("-digest sha384"), "{steps}");
    let signed = owner.pasted(&steps, "sign:", "far.key").await;
    assert_eq!(signed.code, 0, "{}", signed.err);
    let carried = owner.pasted(&steps, "then:", "").await;
    assert_eq!(carried.code, 0, "{steps}{}", carried.err);
    let details = owner.details(&far).await;
    assert_eq!(details["services"][0]["name"], "agent");
    // Once more is too often, and is found before anybody pays.
    let again = owner.pasted(&steps, "then:", "").await;
    assert_eq!(again.code, 2, "{}", again.out);
    assert!(again.err.contains("request came first"), "{}", again.err);
    owner
        .refused(
            "services far.pem --remove --signature bytes.sig --valid-until 100000",
            "bytes.sig: signature does not verify",
        )
        .await;
    far
}

/// A certificate to which another root consents.
async fn consents(owner: &Owner) {
    owner.root("co", "co", P256).await;
    let co = owner.registered("co.pem").await;
    owner.child("joint", "root", ED25519).await;
    let consent = "consent joint.pem --issuer root.pem --as co.pem --out joint.json";
    owner.done(consent).await;
    // Over another certificate it is worth nothing.
    owner
        .refused(
            "register child.pem --issuer root.pem --consent joint.json",
            "joint.json: signature does not verify",
        )
        .await;
    let joint = owner
        .registered("joint.pem --issuer root.pem --consent joint.json")
        .await;
    owner.until(&joint, true).await;
    owner
        .refused("renew joint.pem --out j.pem --issuer-key root.key", &co)
        .await;
    owner
        .done(&format!(
            "renew joint.pem --out joint2.pem --issuer-key root.key --co-issuer {co}=co.key"
        ))
        .await;
}

/// New certificates: the root's with a new key, the child's by its issuer's key.
async fn renewals(owner: &Owner, root: &str, child: &str) {
    owner
        .done("renew root.pem --out root2.pem --rotate-key --days 60")
        .await;
    let details = owner.details(root).await;
    assert_eq!(details["generation"], 1);
    // What the old key signed still counts.
    owner.until(child, true).await;
    owner
        .refused("renew child.pem --out no.pem", "its issuer")
        .await;
    owner
        .done("renew child.pem --out child2.pem --issuer-key root2.key")
        .await;
    assert_eq!(owner.details(child).await["generation"], 1);
    owner.made("verify -CAfile root2.pem child2.pem").await;
    fs::copy(owner.path("child.key"), owner.path("child2.key")).unwrap();
    owner.until(child, true).await;
}

/// What is revoked is on the list, and OpenSSL reads it there.
async fn revocation_lists(owner: &Owner) {
    owner.child("other", "root2", ED25519).await;
    let other = owner.registered("other.pem --issuer root2.pem").await;
    owner
        .done("revoke root2.pem --certificate other.pem --reason keyCompromise")
        .await;
    owner.done("revoke root2.pem --serial 0x2a").await;
    owner.until(&other, false).await;
    owner
        .refused("crl export root2.pem", "no revocation list")
        .await;

    let published = owner.id("crl publish root2.pem").await;
    assert_eq!(published.code, 0, "{}", published.err);
    assert!(
        published.err.contains("0x2a unspecified"),
        "{}",
        published.err
    );
    assert!(
        published.out.contains("with 2 certificates"),
        "{}",
        published.out
    );
    let exported = owner.id("crl export root2.pem --out crl.pem").await;
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert!(exported.err.contains("nothing more"), "{}", exported.err);
    let check = "verify -crl_check -CAfile root2.pem -CRLfile crl.pem";
    owner.made(&format!("{check} child2.pem")).await;
    let revoked = owner.openssl(&format!("{check} other.pem")).await;
    assert_ne!(revoked.code, 0, "{}", revoked.out);
    assert!(
        revoked.err.contains("certificate revoked"),
        "{}",
        revoked.err
    );

    // The next one with the key elsewhere: the list is signed, then the request.
    owner
        .done("revoke root2.pem --serial 0x2b --reason superseded")
        .await;
    let exported = owner.id("crl export root2.pem").await;
    assert!(exported.err.contains("knows more"), "{}", exported.err);
    let steps = owner.done("crl to-be-signed root2.pem --out list").await;
    let signed = owner.pasted(&steps, "sign:", "root2.key").await;
    assert_eq!(signed.code, 0, "{}", signed.err);
    let line = steps.replace("ISSUER", "root2.pem");
    let made = owner.pasted(&line, "then:", "").await;
    assert_eq!(made.code, 0, "{steps}{}", made.err);
    owner
        .carried("crl publish root2.pem --crl list.pem", "root2.key")
        .await;
    let exported = owner.id("crl export root2.pem").await;
    assert!(
        exported.err.contains("with 3 certificates"),
        "{}",
        exported.err
    );
}

/// The controller decides, and nobody else.
async fn control(owner: &Owner, root: &str, child: &str) {
    owner
        .done(&format!("controller child2.pem --set {root}"))
        .await;
    owner
        .refused("deactivate child2.pem", &format!("--as {root}"))
        .await;
    owner
        .done("controller child2.pem --remove --as root2.pem")
        .await;
    assert_eq!(owner.details(child).await["controller"], Value::Null);
    owner
        .refused("deactivate child2.pem --as root2.pem", "leave out --as")
        .await;
    owner.done("deactivate child2.pem").await;
    owner.until(child, false).await;
    owner
        .refused(&format!("deactivate {child}"), "is deactivated")
        .await;
}

/// A root revokes itself, and what it issued moves; the key of that is elsewhere.
async fn moves(owner: &Owner, root: &str, far: &str) {
    let by = "-CA co.pem -CAkey co.key -CAcreateserial";
    let files = "-in far.csr -out far2.pem -extfile child.cnf";
    owner
        .made(&format!("x509 -req -days 20 {by} {files}"))
        .await;
    let words = "re-parent far.pem far2.pem --issuer co.pem";
    owner
        .done("revoke root2.pem --certificate root2.pem --reason cessationOfOperation")
        .await;
    owner.until(root, false).await;
    owner.until(far, false).await;
    owner
        .refused("revoke root2.pem --serial 0x2c", "IssuerRevoked")
        .await;
    owner.carried(words, "far.key").await;
    owner.until(far, true).await;
}

/// A key is lost, and guardians give another one.
async fn recovery(owner: &Owner) {
    for (file, kind) in [("g1", ED25519), ("g2", P256), ("lost", P256)] {
        owner.root(file, file, kind).await;
    }
    let mut guardians = String::new();
    for file in ["g1", "g2"] {
        let identifier = owner.registered(&format!("{file}.pem")).await;
        guardians.push_str(&format!(" --guardian {identifier}"));
    }
    let lost = owner.registered("lost.pem").await;
    owner
        .done(&format!(
            "guardians lost.pem{guardians} --threshold 1 --delay 2"
        ))
        .await;
    // The same name, another key.
    owner.root("found", "lost", ED25519).await;
    let about = format!("{lost} found.pem");
    owner
        .refused(&format!("recover execute {about}"), "no recovery")
        .await;

    owner
        .done(&format!("recover open {about} --as g1.pem"))
        .await;
    owner
        .refused("renew lost.pem --out lost2.pem", "RecoveryOpen")
        .await;
    owner.done("recover veto lost.pem").await;
    assert_eq!(owner.details(&lost).await["recovery"], Value::Null);

    let out = owner
        .done(&format!("recover open {about} --as g1.pem"))
        .await;
    assert!(out.contains("recovery 2"), "{out}");
    let out = owner
        .done(&format!("recover approve {about} --as g2.pem"))
        .await;
    assert!(out.contains("2 approvals"), "{out}");
    eventually("the delay to pass", || async {
        let answer = owner.id(&format!("recover execute {about}")).await;
        assert!(
            answer.code == 0 || answer.err.contains("RecoveryTooEarly"),
            "{}",
            answer.err
        );
        (answer.code == 0).then_some(())
    })
    .await;
    owner.until(&lost, true).await;
    owner
        .refused(
            "services lost.pem --remove",
            "no identity's current certificate",
        )
        .await;
    owner.done("services found.pem --service a,b,c:d").await;
    owner.done("deactivate found.pem").await;
}

/// Keys under a password: the one that signs, and the new one that it makes room for.
async fn passwords(owner: &Owner) {
    for (file, password) in [("right", "a word\n"), ("wrong", "another\n")] {
        fs::write(owner.path(file), password).unwrap();
    }
    // By itself OpenSSL would sign with SHA-256.
    owner.root("safe", "safe", &format!("{P384} -sha384")).await;
    owner
        .made("pkcs8 -topk8 -in safe.key -out secret.pem -passout file:right")
        .await;
    fs::remove_file(owner.path("safe.key")).unwrap();
    let key = "--key secret.pem --password-file";
    owner
        .refused(&format!("register safe.pem {key} wrong"), "wrong password")
        .await;
    let safe = owner.registered(&format!("safe.pem {key} right")).await;
    owner
        .done(&format!(
            "renew safe.pem --out safe2.pem --rotate-key --encrypt {key} right"
        ))
        .await;
    assert_eq!(owner.details(&safe).await["generation"], 1);
    let new = fs::read_to_string(owner.path("safe2.key")).unwrap();
    assert!(new.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    owner
        .done("services safe2.pem --service a,b,c:d --password-file right")
        .await;
    owner
        .refused(
            "services safe2.pem --remove --password-file wrong",
            "wrong password",
        )
        .await;
}

/// A certificate whose time is almost over is renewed once, with a new key.
async fn watch(owner: &Owner) {
    let dates = ["-20 days", "+5 days"];
    let mut days = Vec::new();
    for date in dates {
        let answer = run(
            "date",
            &["-u", "-d", date, "+%y%m%d%H%M%SZ"],
            owner.folder.path(),
        )
        .await;
        days.push(answer.out.trim().to_owned());
    }
    let configuration = "[ca]\ndefault_ca=own\n[own]\nnew_certs_dir=.\ndatabase=index.txt\n\
                         serial=serial\ndefault_md=sha256\npolicy=names\nx509_extensions=own_ext\n\
                         [names]\ncommonName=supplied\n[own_ext]\nsubjectKeyIdentifier=hash\n\
                         basicConstraints=critical,CA:TRUE\n";
    fs::write(owner.path("ca.cnf"), configuration).unwrap();
    fs::write(owner.path("index.txt"), "").unwrap();
    fs::write(owner.path("serial"), "1000\n").unwrap();
    owner
        .made(&format!(
            "req {P256} -nodes -subj /CN=old -keyout old.key -out old.csr"
        ))
        .await;
    let (from, to) = (&days[0], &days[1]);
    owner
        .made(&format!(
            "ca -batch -notext -selfsign -config ca.cnf -keyfile old.key -in old.csr -out old.pem \
             -startdate {from} -enddate {to}"
        ))
        .await;
    let identifier = owner.registered("old.pem").await;
    let before = fs::read(owner.path("old.pem")).unwrap();
    let old_key = fs::read(owner.path("old.key")).unwrap();

    let words = "id renew old.pem --watch --rotate-key --key old.key --days 30 --url";
    let mut watching = Command::new(binary())
        .args(words.split_whitespace())
        .arg(&owner.node.url)
        .current_dir(owner.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    eventually("the certificate to be replaced", || async {
        let now = fs::read(owner.path("old.pem")).unwrap();
        (now != before).then_some(())
    })
    .await;
    assert_ne!(fs::read(owner.path("old.key")).unwrap(), old_key);
    assert!(!owner.path("old.pem.next").exists());
    // Through some more blocks nothing more happens.
    owner.node.wait_for_block(owner.node.best().await + 5).await;
    let details = owner.details(&identifier).await;
    assert_eq!(details["generation"], 1);
    owner.until(&identifier, true).await;
    let id = watching.id().unwrap().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().await;
    assert!(sent.unwrap().success());
    let ended = tokio::time::timeout(TIMEOUT, watching.wait()).await;
    assert!(ended.expect("it ends").unwrap().success());
    // The new key and the new certificate go together.
    owner.done("services old.pem --service a,b,c:d").await;
}
