<?php
// A client that knows nothing of the app: publishes messages with all that php-amqplib can write,
// and reads messages back with the types that it sees.
//
//     amqplib_client.php PORT USER PASSWORD VHOST publish EXCHANGE
//     amqplib_client.php PORT USER PASSWORD VHOST read QUEUE reject|ack

require 'PhpAmqpLib/autoload.php';

use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Message\AMQPMessage;
use PhpAmqpLib\Wire\AMQPAbstractCollection as Type;
use PhpAmqpLib\Wire\AMQPArray;
use PhpAmqpLib\Wire\AMQPDecimal;
use PhpAmqpLib\Wire\AMQPTable;

// One header of each type that php-amqplib writes. Names are sorted, as the app sends them sorted.
function headers(): AMQPTable
{
    $array = new AMQPArray();
    $array->push(-5, Type::T_INT_SHORTSHORT);
    $array->push('two');
    $array->push(new AMQPArray([null, true]));
    $array->push(new AMQPTable(['in' => 'a table']));
    $table = new AMQPTable();
    $table->set('deep', new AMQPTable(['deeper' => new AMQPTable()]));
    $table->set('list', new AMQPArray());
    $headers = new AMQPTable();
    $headers->set('array', $array);
    $headers->set('bool', false, Type::T_BOOL);
    $headers->set('bytes', "\x00\xff\xfe", Type::T_BYTES);
    $headers->set('decimal', new AMQPDecimal(1250, 2));
    $headers->set('empty', '');
    $headers->set('int16', -300, Type::T_INT_SHORT);
    $headers->set('int32', -2147483648, Type::T_INT_LONG);
    $headers->set('int64', PHP_INT_MIN, Type::T_INT_LONGLONG);
    $headers->set('int8', -123, Type::T_INT_SHORTSHORT);
    $headers->set('table', $table);
    $headers->set('text', 'Grüße, 世界');
    $headers->set('time', 1700000000, Type::T_TIMESTAMP);
    $headers->set('uint16', 65535, Type::T_INT_SHORT_U);
    $headers->set('uint32', 4294967295, Type::T_INT_LONG_U);
    $headers->set('uint8', 200, Type::T_INT_SHORTSHORT_U);
    $headers->set('void', null, Type::T_VOID);
    return $headers;
}

// All 14 properties.
function full(string $user, string $expiration): array
{
    return [
        'content_type' => 'application/json',
        'content_encoding' => 'identity',
        'application_headers' => headers(),
        'delivery_mode' => 2,
        'priority' => 7,
        'correlation_id' => 'correlation',
        'reply_to' => 'reply.here',
        'expiration' => $expiration,
        'message_id' => 'id-1',
        'timestamp' => 1700000000,
        'type' => 'OrderCreated',
        'user_id' => $user,
        'app_id' => 'php-amqplib',
        'cluster_id' => 'cluster',
    ];
}

function publish($channel, string $exchange, string $user): void
{
    $json = '{"total": 12.50, "größe": "L"}';
    $zipped = ['content_type' => 'application/json', 'content_encoding' => 'gzip'];
    $messages = [
        ['order.full', full($user, '3600000'), $json],
        ['order.bare', [], ''],
        ['order.binary', ['application_headers' => new AMQPTable(['kind' => 'bytes'])],
            str_repeat(implode('', array_map('chr', range(0, 255))), 3)],
        ['order.gzip', $zipped, gzencode($json)],
        ['order.large', [], str_repeat("php\xff\x00", 3000000)],
        ['expire.full', full($user, '1'), $json],
    ];
    $channel->confirm_select();
    foreach ($messages as [$key, $properties, $body]) {
        $channel->basic_publish(new AMQPMessage($body, $properties), $exchange, $key, true);
    }
    $channel->wait_for_pending_acks_returns(30);
}

// A value with its type, as php-amqplib reads it.
function typed($value)
{
    if (!$value instanceof Type) {
        if ($value instanceof AMQPDecimal) {
            return 'decimal ' . $value->getN() . ' / ' . $value->getE();
        }
        return gettype($value) . ' ' . bin2hex(var_export($value, true));
    }
    $all = [];
    foreach ($value as $name => [$type, $inner]) {
        $all[] = [$name, $type, typed($inner)];
    }
    return $all;
}

function read($channel, string $queue, string $answer): void
{
    while ($message = $channel->basic_get($queue)) {
        $seen = array_map('typed', $message->get_properties());
        $seen['routing_key'] = $message->getRoutingKey();
        $seen['exchange'] = $message->getExchange();
        $body = $message->getBody();
        $seen['body'] = strlen($body) . ' ' . hash('sha256', $body);
        ksort($seen);
        echo json_encode($seen, JSON_THROW_ON_ERROR), "\n";
        if ($answer === 'ack') {
            $message->ack();
        } else {
            $message->reject(false);
        }
    }
}

[, $port, $user, $password, $vhost, $command, $name] = $argv;
$connection = new AMQPStreamConnection('127.0.0.1', $port, $user, $password, $vhost);
$channel = $connection->channel();
if ($command === 'publish') {
    publish($channel, $name, $user);
} else {
    read($channel, $name, $argv[7]);
}
$channel->close();
$connection->close();
