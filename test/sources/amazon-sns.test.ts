import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import https from 'node:https';
import { createRequire } from 'node:module';
import { describe, mock, test, type TestContext } from 'node:test';
import { type FetchedDocument, RemoteDocuments } from '../../src/egress/remote-documents.ts';
import { REMOTE_KEY_SAMPLES, snsCertificate, snsMessage, snsTime, TOPIC } from '../support/remote-key-samples.ts';
import { eventText, type SourceOptions } from '../support/source-samples.ts';
import { compileOptions, startSource } from '../support/source-under-test.ts';

const { 'amazon-sns': SNS } = REMOTE_KEY_SAMPLES;
assert.ok(SNS);
const SAMPLE = SNS;
const FIRST = snsCertificate('first');
type Message = Record<string, string>;

const require = createRequire(import.meta.url);
const MessageValidator = require('sns-validator') as new () => {
  validate(message: Message, done: (error: unknown) => void): void;
};

const nowS = (): number => Math.floor(Date.now() / 1000);
const recorded = (file: string, changes: Message = {}): Message => ({
  ...(JSON.parse(eventText(file)) as Message),
  Timestamp: snsTime(nowS()),
  ...changes,
});
const notification = (changes: Message = {}): Message => recorded('amazon-sns-notification.json', changes);
const confirmation = (changes: Message = {}): Message => recorded('amazon-sns-subscription-confirmation.json', changes);

interface Surroundings {
  readonly options?: Partial<SourceOptions>;
  readonly fetch?: (url: string) => FetchedDocument;
  readonly agrees?: boolean;
  readonly now?: () => number;
}

/** A source of SNS, with what was fetched and confirmed. */
async function start(t: TestContext, { options, fetch, agrees = true, now }: Surroundings = {}) {
  const [fetched, confirmed]: [string[], string[]] = [[], []];
  const keyDocuments = new RemoteDocuments({
    fetch: async (url) => {
      fetched.push(url);
      return fetch?.(url) ?? (SAMPLE.documents?.[url] === undefined ? 'absent' : { text: SAMPLE.documents[url] });
    },
  });
  const confirm = (url: string): Promise<boolean> => {
    confirmed.push(url);
    return Promise.resolve(agrees);
  };
  const source = await startSource(t, SAMPLE, options, { keyDocuments, confirm, ...(now !== undefined && { now }) });
  const send = (message: Message): Promise<Response> => source.send({ unsigned: true, body: JSON.stringify(message) });
  return { ...source, send, fetched, confirmed };
}

async function expectUnverified(response: Response): Promise<void> {
  assert.equal(response.status, 401);
  assert.match(((await response.json()) as { detail: string }).detail, /^The delivery is not verified:/);
}

/** What the validator of AWS says, with the certificate that it would fetch. */
function validate(message: Message): Promise<unknown> {
  const get = mock.method(https, 'get', (_url: string, answer: (res: EventEmitter) => void) => {
    const res = Object.assign(new EventEmitter(), { statusCode: 200 });
    answer(res);
    res.emit('data', Buffer.from(FIRST.text));
    res.emit('end');
    return new EventEmitter();
  });
  return new Promise((resolve) => {
    new MessageValidator().validate(message, resolve);
  }).finally(() => get.mock.restore());
}

describe('a message of Amazon SNS', () => {
  for (const [what, message] of [
    ['a notification', notification()],
    ['a notification without a subject', withoutSubject(notification())],
    ['a confirmation', confirmation()],
  ] as const) {
    test(`${what} is taken as AWS's own validator takes it`, async (t) => {
      const signed = snsMessage(message);
      assert.equal(await validate(signed), null);
      const { send } = await start(t);
      assert.equal((await send(signed)).status, 200);
    });
  }

  test('is fetched a certificate for once', async (t) => {
    const { send, fetched, ingress } = await start(t);
    for (const id of ['one', 'two', 'two'])
      assert.equal((await send(snsMessage(notification({ MessageId: id })))).status, 200);
    assert.deepEqual(fetched, [FIRST.url]);
    assert.equal(ingress.runs.started.length, 2);
  });

  const good = (): Message => snsMessage(notification());
  const elsewhere = (url: string): Message => snsMessage(notification(), { certificate: { ...FIRST, url } });
  const bad: readonly (readonly [what: string, message: () => Message, fetches?: number])[] = [
    ['without a signature', () => ({ ...good(), Signature: '' })],
    ['with half of a signature', () => ({ ...good(), Signature: good()['Signature']?.slice(0, 40) ?? '' })],
    ['with another text', () => ({ ...good(), Message: 'other' })],
    ['with another id', () => ({ ...good(), MessageId: 'other' })],
    [
      'with a URL that was added to be confirmed',
      () => ({ ...good(), SubscribeURL: 'https://sns.us-west-2.amazonaws.com/?a' }),
    ],
    ['with a token that was added', () => ({ ...good(), Token: 'x' })],
    ['with a subject moved into its id', () => moved(good())],
    [
      'signed by another key',
      () => ({ ...snsMessage(notification(), { certificate: snsCertificate('second') }), SigningCertURL: FIRST.url }),
    ],
    ['signed with SHA-1, which it names itself', () => snsMessage(notification(), { hash: 'sha1' })],
    ['of a topic that is not named', () => snsMessage(notification({ TopicArn: `${TOPIC}2` })), 0],
    ['published 66 minutes ago', () => snsMessage(notification({ Timestamp: snsTime(nowS() - 3960) }))],
    ['published in 66 minutes', () => snsMessage(notification({ Timestamp: snsTime(nowS() + 3960) }))],
    ['published at no time', () => snsMessage(notification({ Timestamp: 'now' }))],
    ['with a certificate that is not there', () => elsewhere(FIRST.url.replace('first', 'lost'))],
  ];
  for (const [what, message, fetches = 1] of bad) {
    test(`${what} is refused in the same words, and starts nothing`, async (t) => {
      const { send, ingress, fetched } = await start(t);
      await expectUnverified(await send(message()));
      assert.deepEqual(ingress.runs.calls, []);
      assert.ok(fetched.length <= fetches, fetched.join());
    });
  }

  const NAME = 'SimpleNotificationService-first.pem';
  for (const url of [
    `https://evil.example/${NAME}`,
    `http://sns.us-west-2.amazonaws.com/${NAME}`,
    `https://sns.us-west-2.amazonaws.com.evil.example/${NAME}`,
    `https://sns.us-west-2.amazonaws.com@evil.example/${NAME}`,
    `https://evil.example\\@sns.us-west-2.amazonaws.com/${NAME}`,
    `https://sns.us-west-2.amazonaws.com:8443/${NAME}`,
    `https://sns.us-west-2.amazonaws.com:443/${NAME}`,
    `https://SNS.us-west-2.amazonaws.com/${NAME}`,
    `https://sns.us-west-2.amazonaws.com./${NAME}`,
    `https://sns.s3-us-west-2.amazonaws.com/${NAME}`,
    `https://sns.us-west-2.s3.amazonaws.com/${NAME}`,
    `https://xsns.us-west-2.amazonaws.com/${NAME}`,
    `https://sns.us-west-2.amazonaws.com/evil/${NAME}`,
    `https://sns.us-west-2.amazonaws.com/evil/../${NAME}`,
    `https://sns.us-west-2.amazonaws.com/${NAME}?a=b`,
    `https://sns.us-west-2.amazonaws.com/${NAME}#a`,
    `https://sns.us-west-2.amazonaws.com/SimpleNotificationService-a/b.pem`,
    ` https://sns.us-west-2.amazonaws.com/${NAME}`,
    'file:///etc/passwd',
    '',
  ]) {
    test(`with a certificate at ${JSON.stringify(url)} is refused, and nothing is fetched`, async (t) => {
      const { send, ingress, fetched } = await start(t, { fetch: () => ({ text: FIRST.text }) });
      await expectUnverified(await send(elsewhere(url)));
      assert.deepEqual([fetched, ingress.runs.calls], [[], []]);
    });
  }

  test('costs a limited number of fetches, whatever certificates strangers name', async (t) => {
    const { send, fetched } = await start(t);
    const statuses = [];
    for (let n = 0; n < 30; n++)
      statuses.push((await send(elsewhere(FIRST.url.replace('first', `made-up-${n}`)))).status);
    assert.ok(fetched.length <= 15, `${fetched.length}`);
    assert.deepEqual(new Set(statuses), new Set([401, 503]));
  });

  test('waits for its certificate: 503 while its host is away', async (t) => {
    const { send, ingress } = await start(t, { fetch: () => assert.fail('ECONNREFUSED') });
    const response = await send(snsMessage(notification()));
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('is refused where its certificate is not valid yet, not any more, or of another kind of key', async (t) => {
    for (const year of ['2020', '2199']) {
      const now = Date.parse(`${year}-05-02T00:54:06Z`);
      const { send, fetched } = await start(t, { now: () => now });
      await expectUnverified(await send(snsMessage(notification({ Timestamp: snsTime(now / 1000) }))));
      assert.deepEqual(fetched, [FIRST.url]);
    }
    const elliptic = snsCertificate('elliptic');
    const { send } = await start(t, { fetch: () => ({ text: elliptic.text }) });
    await expectUnverified(await send(snsMessage(notification(), { certificate: elliptic })));
  });

  test('signed with SHA-1 is taken where the operator names it, with a warning at start', async (t) => {
    const options = { signing: { ...SAMPLE.options.signing, algorithm: 'rsa-sha1' as const } };
    const { warnings } = compileOptions([{ ...SAMPLE.options, ...options }]);
    assert.match(warnings.map(({ message }) => message).join(), /is verified by RSA-SHA1, which is obsolete/);
    const { send } = await start(t, { options });
    const message = snsMessage(notification(), { hash: 'sha1' });
    assert.equal(await validate(message), null);
    assert.equal((await send(message)).status, 200);
    await expectUnverified(await send(snsMessage(notification())));
  });
});

function withoutSubject(message: Message): Message {
  return Object.fromEntries(Object.entries(message).filter(([name]) => name !== 'Subject'));
}

/** The same signed bytes, with the subject read as part of the id: another delivery id for the same message. */
function moved({ Subject: subject, MessageId: id, ...rest }: Message): Message {
  return { ...rest, MessageId: `${id}\nSubject\n${subject}` };
}

describe('the confirmation of a subscription', () => {
  test('is asked for at the host of the sender, and starts no run', async (t) => {
    const { send, confirmed, ingress } = await start(t);
    const message = snsMessage(confirmation());
    const response = await send(message);
    assert.deepEqual([response.status, await response.text(), confirmed], [200, '', [message['SubscribeURL']]]);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('that is not signed, or of another topic, is not asked for', async (t) => {
    const { send, confirmed } = await start(t);
    for (const message of [
      { ...snsMessage(confirmation()), Signature: 'AAAA' },
      { ...snsMessage(confirmation()), SubscribeURL: 'https://sns.us-west-2.amazonaws.com/?Action=Other' },
      snsMessage(confirmation({ TopicArn: `${TOPIC}2` })),
    ])
      await expectUnverified(await send(message));
    assert.deepEqual(confirmed, []);
  });

  test('elsewhere than at the host of the sender is refused, though it is signed', async (t) => {
    const { send, confirmed, ingress } = await start(t);
    for (const url of [
      'https://evil.example/?a',
      'http://sns.us-west-2.amazonaws.com/?a',
      'http://169.254.169.254/',
      'https://sns.us-west-2.amazonaws.com/?a=ü',
    ])
      assert.equal((await send(snsMessage(confirmation({ SubscribeURL: url })))).status, 403);
    assert.deepEqual([confirmed, ingress.runs.calls], [[], []]);
  });

  test('that its host refuses is asked for again later', async (t) => {
    const { send, ingress } = await start(t, { agrees: false });
    const response = await send(snsMessage(confirmation()));
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
    assert.deepEqual(ingress.runs.calls, []);
  });

  test('of the end of a subscription is ignored', async (t) => {
    const { send, confirmed } = await start(t);
    const response = await send(snsMessage(confirmation({ Type: 'UnsubscribeConfirmation' })));
    assert.deepEqual([await response.json(), confirmed], [{ ignored: 'unsubscribed' }, []]);
  });
});

test('settings of certificates that can never verify, or would accept strangers, are refused at start', () => {
  const certificate = { field: 'sig', algorithm: 'rsa-sha256', certificate_header: 'Cert-Url' } as const;
  const urls = { certificate_urls: ['https://a.example/c-*.pem'] };
  const rows: readonly (readonly [changes: Partial<SourceOptions>, expected: RegExp])[] = [
    [{ signing: {} }, /allowed_values\.TopicArn is missing: name those that may send/],
    [{ preset: 'generic', signing: certificate }, /A certificate needs certificate_urls/],
    [
      { preset: 'generic', signing: { ...certificate, ...urls, algorithm: 'sha256' } },
      /has a public key: choose another/,
    ],
    [
      { preset: 'generic', signing: { ...certificate, certificate_urls: ['http://a.example/'] } },
      /must be https:\/\/<host>/,
    ],
    [
      { preset: 'generic', signing: { ...certificate, certificate_urls: ['https://*.com/'] } },
      /must be https:\/\/<host>/,
    ],
    [{ preset: 'generic', signing: { ...certificate, certificate_urls: [] } }, /is empty/],
    [
      {
        preset: 'generic',
        signing: { ...certificate, ...urls, template: '{lines:a,b}', allowed_values: { c: ['x'] } },
      },
      /allowed_values\.c is not signed/,
    ],
    [{ secret: ['s'] }, /has no use/],
    [{ signing: {}, unsigned: true }, /confirm_url needs a sender that is verified/],
    [{ handshake: { kind: 'confirm_url', field: 'event.u' } }, /needs urls/],
    [{ handshake: { kind: 'confirm_url', field: 'event.u', urls: ['https://x/*'] } }, /has urls that can't be used/],
  ];
  for (const [changes, expected] of rows) {
    const { faults } = compileOptions([{ ...SAMPLE.options, ...changes }]);
    assert.match(faults.map(({ message }) => message).join(), expected);
  }
});
