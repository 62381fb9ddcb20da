"""The tables, the bucket, and where they are found."""

import re

from template import ROOT, Deployment


def stack(**values):
    return Deployment(**values)["Storage"]


def constant(name):
    """What the store calls it."""
    source = (ROOT / "host/src/store/dynamodb/place.rs").read_text()
    return re.search(rf'const {name}: &str = "([^"]+)"', source).group(1)


def keys(schema):
    return {key["KeyType"]: key["AttributeName"] for key in schema}


def test_the_tables_have_the_keys_that_the_store_uses():
    storage = stack()
    table, cache = storage.only("AWS::DynamoDB::GlobalTable"), storage.only("AWS::DynamoDB::Table")
    assert keys(table["KeySchema"]) == keys(cache["KeySchema"]) == {"HASH": constant("PK"), "RANGE": constant("SK")}
    [index] = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == constant("INDEX")
    assert keys(index["KeySchema"]) == {"HASH": constant("INDEX_PK"), "RANGE": constant("INDEX_SK")}
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_what_expires_is_removed_and_nothing_is_paid_at_rest():
    storage = stack()
    for table in storage.of_type("AWS::DynamoDB::GlobalTable") + storage.of_type("AWS::DynamoDB::Table"):
        assert table["TimeToLiveSpecification"] == {"AttributeName": constant("EXPIRES_AT"), "Enabled": True}
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert "SSESpecification" not in table, "a key of KMS costs money"


def test_recovery_is_a_parameter():
    def recovery(**values):
        [replica] = stack(**values).only("AWS::DynamoDB::GlobalTable")["Replicas"]
        return replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]

    assert (recovery(), recovery(PointInTimeRecovery="true")) == ("false", "true")


def test_the_bucket_is_private_and_versioned_and_forgets_old_versions():
    storage = stack()
    bucket = storage.only("AWS::S3::Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    old = bucket["LifecycleConfiguration"]["Rules"][0]
    assert old["NoncurrentVersionExpiration"] == {"NoncurrentDays": "30"}
    [statement] = storage.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_adit_finds_the_tables_and_the_catalog_by_the_name():
    parameters = {p["Name"]: (p["Type"], p["Value"]) for p in stack().of_type("AWS::SSM::Parameter")}
    assert parameters == {
        "/adit/test/table": ("String", {"Ref": "Table"}),
        "/adit/test/cache-table": ("String", {"Ref": "CacheTable"}),
        "/adit/test/catalog": ("String", "s3://{'Ref': 'Bucket'}/catalog"),
    }


def test_keys_and_plugins_outlive_the_stack_and_answers_do_not():
    policies = {id: r.get("DeletionPolicy") for id, r in stack().resources.items()}
    assert policies["Table"] == policies["Bucket"] == "RetainExceptOnCreate"
    assert policies["CacheTable"] == "Delete"


def test_kept_data_is_used_and_not_made_again():
    storage = stack(Data="Kept")
    assert storage.of_type("AWS::DynamoDB::GlobalTable") == storage.of_type("AWS::S3::Bucket") == []
    values = {p["Name"]: p["Value"] for p in storage.of_type("AWS::SSM::Parameter")}
    assert values["/adit/test/table"] == "adit-test"
    assert values["/adit/test/catalog"] == "s3://adit-test-plugins-123456789012-us-east-1/catalog"


def test_a_second_region_has_the_table_and_the_bucket():
    storage = stack(SecondRegion="eu-west-1")
    table = storage.only("AWS::DynamoDB::GlobalTable")
    assert [replica["Region"] for replica in table["Replicas"]] == ["us-east-1", "eu-west-1"]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    [rule] = storage.only("AWS::S3::Bucket")["ReplicationConfiguration"]["Rules"]
    assert rule["Destination"] == {"Bucket": "arn:aws:s3:::adit-test-plugins-123456789012-eu-west-1"}
    replica = stack(Data="Replica")
    assert replica.of_type("AWS::DynamoDB::GlobalTable") == []
    assert len(replica.of_type("AWS::S3::Bucket")) == 1
