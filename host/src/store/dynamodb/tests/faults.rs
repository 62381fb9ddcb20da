//! What is said when the tables cannot be used.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use super::super::connect::Tables;
use super::{Calls, Emulator, connect, fresh, named};
use crate::config;
use crate::ids::KeyId;
use crate::store::{Dynamo, KeyName, Keys, Made, NewKey, Store, StoreError, tables_of_stack};

#[tokio::test]
async fn a_table_that_is_not_there_is_named_with_the_command_that_makes_it() {
    let Some(emulator) = Emulator::running() else { return };
    let settings = named(&emulator);
    let error =
        Dynamo::open(connect(&settings, Duration::ZERO, &Calls::default()).await).await.err().unwrap();
    let name = settings.table.as_str();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot use the key store: GetItem of DynamoDB table `{name}` failed: there is no such table in this \
             region: `adit store create --table {name}` makes it"
        )
    );
}

#[tokio::test]
async fn tables_are_made_once_and_the_seed_root_is_drawn_once() {
    let Some(emulator) = Emulator::running() else { return };
    let settings = named(&emulator);
    let tables = connect(&settings, Duration::ZERO, &Calls::default()).await;
    let made = |made: Vec<(String, Made)>| made.into_iter().map(|(_, made)| made).collect::<Vec<_>>();
    assert_eq!(made(tables.create().await.unwrap()), [Made::New; 2]);
    assert_eq!(made(tables.create().await.unwrap()), [Made::Before; 2]);
    let opened = futures::future::join_all((0..8).map(|_| Dynamo::open(tables.clone()))).await;
    let seeds: Vec<_> = opened.into_iter().map(|store| *store.unwrap().seed_root().expose()).collect();
    assert!(seeds.iter().zip(&seeds[1..]).all(|(one, next)| one == next));

    // The table of answers has no index, so it is none for keys.
    let wrong = config::Tables { table: settings.cache_table.clone(), ..settings };
    let error = connect(&wrong, Duration::ZERO, &Calls::default()).await.create().await.unwrap_err();
    assert!(error.to_string().contains("it is no table of Adit"), "{error}");
}

#[tokio::test]
async fn a_store_that_is_down_is_told_in_one_line_and_known_keys_are_served_on() {
    let Some(emulator) = Emulator::running() else { return };
    let store = fresh(&named(&emulator), Duration::from_secs(30), &Calls::default()).await;
    let key = store.create(NewKey::named(KeyName::parse("laptop").unwrap())).await.unwrap().1;
    store.find(&key.id).await.unwrap().unwrap();
    // Nobody listens there.
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let mut down = store;
    let settings = config::Tables { endpoint: Some(format!("http://{nobody}")), ..named(&emulator) };
    down.main = Tables::connect(&settings).await.unwrap().main;
    assert!(down.find(&key.id).await.unwrap().is_some());
    let error = down.find(&KeyId::parse("0000000000").unwrap()).await.unwrap_err();
    let line = error.to_string();
    assert!(matches!(error, StoreError::Unavailable(_)) && !line.contains('\n'), "{line}");
    assert!(line.contains("GetItem of DynamoDB table `adit-"), "{line}");
}

#[tokio::test]
async fn a_stack_names_its_tables() {
    let Some(emulator) = Emulator::running() else { return };
    let (region, endpoint) = (Some("us-east-1"), Some(emulator.url()));
    let none = tables_of_stack("none", region, endpoint.as_deref()).await.unwrap_err().to_string();
    assert!(none.contains("there is no parameter `/adit/none/table`"), "{none}");
    let endpoint_of = crate::aws::Endpoint::parse(&emulator.url()).unwrap();
    let client = aws_sdk_ssm::Client::new(&crate::aws::loader(region, Some(&endpoint_of)).load().await);
    for (name, value) in [("table", "adit-prod"), ("cache-table", "answers")] {
        let put = client.put_parameter().name(format!("/adit/prod/{name}")).value(value);
        put.r#type(aws_sdk_ssm::types::ParameterType::String).overwrite(true).send().await.unwrap();
    }
    let tables = tables_of_stack("prod", region, endpoint.as_deref()).await.unwrap();
    assert_eq!((tables.table.as_str(), tables.cache_table.as_str()), ("adit-prod", "answers"));
}
