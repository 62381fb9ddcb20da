//! An S3 of this machine, and other services of AWS beside it.

use serde_json::json;

use super::connection::Connection;
use super::{Answer, Ministack};

/// One empty bucket, `plugins`. Ends with its value.
pub(crate) struct S3(Ministack);

impl S3 {
    /// Starts it, and waits until it answers.
    pub(crate) fn start() -> Self {
        Self::start_with("s3")
    }

    /// Starts it with other services beside: their names, with commas between.
    pub(crate) fn start_with(services: &str) -> Self {
        let s3 = Self(Ministack::start(services));
        assert_eq!(s3.put("", b"").status, 200);
        s3
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    /// The names of all objects.
    pub(crate) fn objects(&self) -> Vec<String> {
        let listing = self.call("GET", "?list-type=2&max-keys=1000", &[], b"");
        let keys = listing.text().split("<Key>").skip(1);
        keys.map(|rest| rest.split("</Key>").next().unwrap().to_owned()).collect()
    }

    pub(crate) fn read(&self, object: &str) -> Vec<u8> {
        let answer = self.call("GET", object, &[], b"");
        assert_eq!(answer.status, 200, "{object}");
        answer.bytes().to_vec()
    }

    /// Writes an object over what is there, as somebody could who may write to the bucket.
    pub(crate) fn put(&self, object: &str, bytes: &[u8]) -> Answer {
        self.call("PUT", object, &[], bytes)
    }

    /// Writes an object only if there is none.
    pub(crate) fn create(&self, object: &str, bytes: &[u8]) -> Answer {
        self.call("PUT", object, &[("if-none-match", "*")], bytes)
    }

    pub(crate) fn delete(&self, object: &str) {
        assert_eq!(self.call("DELETE", object, &[], b"").status, 204);
    }

    /// Writes a parameter, for Parameter Store, over what is there.
    pub(crate) fn put_parameter(&self, name: &str, kind: &str, value: &str) {
        let body = json!({"Name": name, "Type": kind, "Value": value, "Overwrite": true}).to_string();
        let mut connection = Connection::open(self.0.address);
        let headers =
            [("x-amz-target", "AmazonSSM.PutParameter"), ("content-type", "application/x-amz-json-1.1")];
        connection.send_request("POST", "/", &headers, body.as_bytes());
        let answer = connection.answer();
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }

    /// Ends it: the catalog is out of reach from now on.
    pub(crate) fn stop(&mut self) {
        self.0.stop();
    }

    fn call(&self, method: &str, object: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut connection = Connection::open(self.0.address);
        let path =
            if object.starts_with('?') { format!("/plugins{object}") } else { format!("/plugins/{object}") };
        connection.send_request(method, path.trim_end_matches('/'), headers, body);
        connection.answer()
    }
}
