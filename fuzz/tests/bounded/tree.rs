//! Changes of what a JSON text means, after which it is JSON still.

use std::mem::discriminant;

use serde_json::Value;

use crate::random::Random;

/// Changes one value: another of its kind in its place, any other, or one part more or less of it.
/// `other` is where foreign values come from. Does nothing to a text that is not JSON.
pub(crate) fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else { return };
    let foreign: Value = serde_json::from_slice(other).unwrap_or_default();
    let mut places = Vec::new();
    collect(&value, String::new(), &mut places);
    let mut foreigners = Vec::new();
    collect(&foreign, String::new(), &mut foreigners);

    let place: &String = random.one_of(&places);
    let place = value.pointer_mut(place).unwrap();
    let foreigners: Vec<&Value> = foreigners.iter().map(|place| foreign.pointer(place).unwrap()).collect();
    let kin: Vec<&Value> = foreigners
        .iter()
        .filter(|foreigner| discriminant(**foreigner) == discriminant(place))
        .copied()
        .collect();
    let stranger = (*random.one_of(&foreigners)).clone();
    match (place, random.below(4)) {
        (Value::Array(items), 0 | 1) => {
            let at = random.below(items.len() + 1);
            items.insert(at, stranger);
        }
        (Value::Array(items), 2) if !items.is_empty() => {
            let (at, from) = (random.below(items.len()), random.below(items.len()));
            let again = items[from].clone();
            items.insert(at, again);
        }
        (Value::Array(items), 3) if !items.is_empty() => drop(items.remove(random.below(items.len()))),
        (Value::Object(members), 0) if !members.is_empty() => {
            let name = members.keys().nth(random.below(members.len())).unwrap().clone();
            members.remove(&name);
        }
        (Value::Object(members), 1 | 2) => {
            if let Some(Value::Object(more)) = kin.get(random.below(kin.len()))
                && let Some((name, value)) = more.iter().nth(random.below(more.len()))
            {
                members.insert(name.clone(), value.clone());
            }
        }
        (place, 0) => *place = stranger,
        (place, _) if !kin.is_empty() => *place = (*random.one_of(&kin)).clone(),
        _ => {}
    }
    *bytes = value.to_string().into_bytes();
}

/// The JSON pointers of a value and of all in it.
fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{at}/{index}"), places);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(member, format!("{at}/{name}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}
