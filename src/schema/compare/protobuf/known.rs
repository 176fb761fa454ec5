//! Google's files that a schema may import without its registry having them, as far as their types are
//! concerned (protobuf's `google/protobuf/*.proto`).

/// The text of one of these files.
pub(crate) fn known_file(name: &str) -> Option<&'static str> {
    let file = name
        .strip_prefix("google/protobuf/")?
        .strip_suffix(".proto")?;
    Some(match file {
        "timestamp" => {
            "syntax = \"proto3\"; package google.protobuf;
             message Timestamp { int64 seconds = 1; int32 nanos = 2; }"
        }
        "duration" => {
            "syntax = \"proto3\"; package google.protobuf;
             message Duration { int64 seconds = 1; int32 nanos = 2; }"
        }
        "any" => {
            "syntax = \"proto3\"; package google.protobuf;
             message Any { string type_url = 1; bytes value = 2; }"
        }
        "empty" => "syntax = \"proto3\"; package google.protobuf; message Empty {}",
        "field_mask" => {
            "syntax = \"proto3\"; package google.protobuf;
             message FieldMask { repeated string paths = 1; }"
        }
        "wrappers" => {
            "syntax = \"proto3\"; package google.protobuf;
             message DoubleValue { double value = 1; }
             message FloatValue { float value = 1; }
             message Int64Value { int64 value = 1; }
             message UInt64Value { uint64 value = 1; }
             message Int32Value { int32 value = 1; }
             message UInt32Value { uint32 value = 1; }
             message BoolValue { bool value = 1; }
             message StringValue { string value = 1; }
             message BytesValue { bytes value = 1; }"
        }
        "struct" => {
            "syntax = \"proto3\"; package google.protobuf;
             message Struct { map<string, Value> fields = 1; }
             message Value { oneof kind { NullValue null_value = 1; double number_value = 2;
               string string_value = 3; bool bool_value = 4; Struct struct_value = 5;
               ListValue list_value = 6; } }
             enum NullValue { NULL_VALUE = 0; }
             message ListValue { repeated Value values = 1; }"
        }
        _ => return None,
    })
}
