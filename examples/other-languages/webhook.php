<?php
// A receiver of Djamo's webhooks in PHP 8, without packages: DJAMO_WEBHOOK_SECRET=… php -S 127.0.0.1:9000 webhook.php
// Djamo, and the sandbox, send to the address that POST /v1/webhooks was given.
declare(strict_types=1);

$secret = getenv('DJAMO_WEBHOOK_SECRET');
if ($secret === false || $secret === '') {
    http_response_code(500); // an empty secret would verify what anybody signs with it
    error_log('DJAMO_WEBHOOK_SECRET is not set');
    exit;
}

// The signature is over the raw bytes: a body that was parsed and encoded again has another one.
$raw = file_get_contents('php://input');
$expected = base64_encode(hash_hmac('sha256', $raw, $secret, true));
if (!hash_equals($expected, $_SERVER['HTTP_X_DJAMO_HMAC_SHA256'] ?? '')) {
    http_response_code(401);
    exit;
}

$event = json_decode($raw, true, 64);
if (!is_string($event['topic'] ?? null)) {
    http_response_code(400); // it is signed and no event: it cannot be read the next time either
    error_log('a signed webhook is no event');
    exit;
}
// The signature has no time, so a delivery that repeats, or that somebody has recorded and posts again, is signed as well. Insert
// hash('sha256', $raw) under a unique index in the transaction that acts on the event, and ask the API before goods leave:
// deliveries overtake each other.
$status = $event['data']['status'] ?? null;
error_log(sprintf('webhook %s: %s', $event['topic'], is_string($status) ? $status : 'without a status'));
http_response_code(204);
