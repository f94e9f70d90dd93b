// Written from the constants in Rust by `primitives/identity/tests/client_constants.rs`.

export default {
  "limits": {
    "certificateSize": 4096,
    "crlSize": 32768,
    "signatureSize": 512,
    "serialOctets": 20,
    "coIssuers": 3,
    "guardians": 8,
    "recoveryDelay": 10512000,
    "services": 8,
    "serviceWord": 64,
    "serviceUri": 256,
    "rsaMinBits": 2048,
    "rsaMaxBits": 4096,
    "keySize": 8192,
    "keyIterations": 4000000
  },
  "contexts": {
    "autoId": "allod/auto-id/1",
    "revocation": "allod/revocation/1"
  },
  "keys": [
    {
      "name": "ed25519",
      "identifier": "300506032b6570",
      "default": "ed25519"
    },
    {
      "name": "p256",
      "identifier": "301306072a8648ce3d020106082a8648ce3d030107",
      "default": "ecdsa-p256-sha256"
    },
    {
      "name": "p384",
      "identifier": "301006072a8648ce3d020106052b81040022",
      "default": "ecdsa-p384-sha384"
    },
    {
      "name": "rsa",
      "identifier": "300d06092a864886f70d0101010500",
      "default": "rsa-pkcs1-sha256"
    }
  ],
  "algorithms": [
    {
      "name": "ed25519",
      "index": 0,
      "key": "ed25519",
      "digest": null,
      "salt": null,
      "identifier": "300506032b6570"
    },
    {
      "name": "ecdsa-p256-sha256",
      "index": 1,
      "key": "p256",
      "digest": "sha256",
      "salt": null,
      "identifier": "300a06082a8648ce3d040302"
    },
    {
      "name": "ecdsa-p384-sha384",
      "index": 2,
      "key": "p384",
      "digest": "sha384",
      "salt": null,
      "identifier": "300a06082a8648ce3d040303"
    },
    {
      "name": "rsa-pkcs1-sha256",
      "index": 3,
      "key": "rsa",
      "digest": "sha256",
      "salt": null,
      "identifier": "300d06092a864886f70d01010b0500"
    },
    {
      "name": "rsa-pkcs1-sha384",
      "index": 4,
      "key": "rsa",
      "digest": "sha384",
      "salt": null,
      "identifier": "300d06092a864886f70d01010c0500"
    },
    {
      "name": "rsa-pkcs1-sha512",
      "index": 5,
      "key": "rsa",
      "digest": "sha512",
      "salt": null,
      "identifier": "300d06092a864886f70d01010d0500"
    },
    {
      "name": "rsa-pss-sha256",
      "index": 6,
      "key": "rsa",
      "digest": "sha256",
      "salt": 32,
      "identifier": "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
    },
    {
      "name": "rsa-pss-sha384",
      "index": 7,
      "key": "rsa",
      "digest": "sha384",
      "salt": 48,
      "identifier": "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130"
    },
    {
      "name": "rsa-pss-sha512",
      "index": 8,
      "key": "rsa",
      "digest": "sha512",
      "salt": 64,
      "identifier": "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140"
    }
  ],
  "reasons": [
    {
      "name": "unspecified",
      "number": 0
    },
    {
      "name": "keyCompromise",
      "number": 1
    },
    {
      "name": "cACompromise",
      "number": 2
    },
    {
      "name": "affiliationChanged",
      "number": 3
    },
    {
      "name": "superseded",
      "number": 4
    },
    {
      "name": "cessationOfOperation",
      "number": 5
    },
    {
      "name": "privilegeWithdrawn",
      "number": 9
    },
    {
      "name": "aACompromise",
      "number": 10
    }
  ]
};
