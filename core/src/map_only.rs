//! Objects are objects: serde's derived types also take arrays, in the order of their fields, and
//! that is a wrong type to everybody else (contract §7, "Bad input").

use core::fmt;
use core::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};

/// Reads a value from a map and from nothing else.
pub(crate) struct MapOnly<T, F>(pub(crate) F, pub(crate) PhantomData<T>);

impl<'de, T, F> Visitor<'de> for MapOnly<T, F>
where
    F: Door<'de, T>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        self.0.read(MapAccessDeserializer::new(map))
    }
}

/// The derived way to read a value.
pub(crate) trait Door<'de, T> {
    /// Reads it.
    fn read<A: MapAccess<'de>>(self, map: MapAccessDeserializer<A>) -> Result<T, A::Error>;
}

/// For types that derive serde with `#[serde(remote = "Self")]`: reads them from objects only.
macro_rules! map_only {
    ($($name:ident),*) => {
        $(impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Derived;
                impl<'de> $crate::map_only::Door<'de, $name> for Derived {
                    fn read<A: serde::de::MapAccess<'de>>(
                        self,
                        map: serde::de::value::MapAccessDeserializer<A>,
                    ) -> Result<$name, A::Error> {
                        $name::deserialize(map)
                    }
                }
                let visitor = $crate::map_only::MapOnly(Derived, core::marker::PhantomData);
                deserializer.deserialize_map(visitor)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $name::serialize(self, serializer)
            }
        })*
    };
}

pub(crate) use map_only;
