/** What must be refused before a byte leaves, with the words that its refusal must hold. */
export const REFUSED: Readonly<Record<string, readonly (readonly [RegExp, readonly string[]])[]>> = {
  'loopback and any': [
    [
      /loopback/,
      [
        ...['http://127.0.0.1/', 'http://127.127.127.127/', 'http://0.0.0.0/', 'http://0/', 'http://[::]/'],
        ...[
          'http://[::1]/',
          'http://localhost/',
          'http://foo.localhost/',
          'http://LOCALHOST/',
          'https://a.b.localhost/',
        ],
      ],
    ],
  ],
  'decimal, hexadecimal, octal and short forms': [
    [
      /loopback/,
      [
        ...['http://2130706433/', 'http://0x7f000001/', 'http://0x7f.1/', 'http://017700000001/'],
        ...['http://0177.0.0.1/', 'http://127.1/', 'http://0x/'],
      ],
    ],
    [/metadata/, ['http://2852039166/', 'http://169.254.43518/']],
  ],
  'numbers that overflow': [
    [
      /the URL is not valid/,
      ['http://4294967297/', 'http://425.510.425.510/', 'http://0x41414141A9FEA9FE/', 'http://256.1/'],
    ],
  ],
  'private and special IPv4': [
    [
      / is a (private|link-local|reserved|documentation|multicast) address/,
      [
        ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', '169.254.45.1', '192.0.0.192'],
        ...['192.0.2.1', '192.88.99.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.1.2.3', '240.0.0.1'],
        ...['255.255.255.255'],
      ].map((address) => `http://${address}/`),
    ],
  ],
  'IPv4 inside IPv6: mapped, compatible, translated': [
    [/loopback/, ['http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/']],
    [/metadata/, ['http://[0:0:0:0:0:ffff:a9fe:a9fe]/']],
    [/reserved/, ['http://[::127.0.0.1]/', 'http://[::ffff:0:127.0.0.1]/', 'http://[::8.8.8.8]/']],
  ],
  'IPv4 inside IPv6: NAT64, 6to4, Teredo': [
    [/loopback/, ['http://[64:ff9b::7f00:1]/', 'http://[2002:7f00:1::]/']],
    [/metadata/, ['http://[64:ff9b::a9fe:a9fe]/']],
    [/private/, ['http://[2002:a00:1::1]/']],
    [/reserved/, ['http://[64:ff9b:1::a00:1]/', 'http://[64:ff9b:1::808:808]/', 'http://[2001:0:7f00:1::]/']],
    [/reserved/, ['http://[2001:0:808:808::]/']],
  ],
  'other IPv6': [
    [
      / is a (private|link-local|reserved|documentation|multicast) address/,
      [
        ...['fc00::1', 'fe80::1', 'febf::1', 'fec0::1', 'ff02::1', '100::1', '2001:db8::1', '3fff::1', '5f00::1'],
        ...['4000::1', '1::1', '3ffe::1', '::7f00:1'],
      ].map((address) => `http://[${address}]/`),
    ],
  ],
  'zone ids': [[/the URL is not valid/, ['http://[fe80::1%25eth0]/', 'http://[::1%251]/']]],
  'metadata services': [
    [
      /metadata service/,
      [
        ...['http://169.254.169.254/latest/meta-data/', 'http://[fd00:ec2::254]/', 'http://168.63.129.16/'],
        ...['http://metadata.google.internal/', 'http://metadata.goog/', 'http://metadata/', 'http://instance-data/'],
      ],
    ],
    [/link-local/, ['http://169.254.170.2/']],
    [/private/, ['http://100.100.100.200/']],
  ],
  'a trailing dot': [
    [/loopback/, ['http://localhost./', 'http://127.0.0.1./', 'http://foo.localhost./']],
    [/metadata/, ['http://metadata.google.internal./']],
    [/not a valid DNS name/, ['http://127.0.0.1../', 'http://example.com../', 'http://./']],
  ],
  'Unicode and escapes': [
    [
      /loopback/,
      [
        ...['http://①②⑦.⓪.⓪.①/', 'http://127。0。0。1/', 'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/', 'http://%31%32%37.0.0.1/'],
        ...['http://127.0.0.1\u00AD/'],
      ],
    ],
    [/control character/, ['http://127.0.0\n.1/', 'http://127.0.0\t.1/', '\u0000http://example.com/']],
  ],
  'user names and what parsers disagree about': [
    [
      /user name or password/,
      [
        ...['http://example.com@127.0.0.1/', 'http://example.com:80@169.254.169.254/', 'http://user:pass@example.com/'],
        ...['http://:secret@example.com/'],
      ],
    ],
    [/backslash/, ['http://127.0.0.1\\@example.com/', 'http:\\\\127.0.0.1/', 'http://example.com\\@127.0.0.1/']],
    [/white space/, ['http://1.1.1.1 &@2.2.2.2# @3.3.3.3/', ' http://example.com/']],
    [
      /the URL is not valid|user name/,
      ['http://127.1.1.1:80:@@127.2.2.2:80/', 'http://[example.com]/', 'http://a b/'.replace(' ', '%20')],
    ],
    [/https:\/\/host\/path/, ['http:127.0.0.1/', 'http:///127.0.0.1/', '//127.0.0.1/', 'https:example.com']],
  ],
  schemes: [
    [
      /only http and https/,
      [
        ...['file:///etc/passwd', 'gopher://127.0.0.1:6379/_x', 'ftp://h/', 'unix:/run/docker.sock', 'unix://h/'],
        ...['javascript:alert(1)', 'ws://example.com/', 'data:,x', '', 'example.com/hook', 'http:', 'http://'],
      ],
    ],
  ],
  ports: [
    [
      /port \d+ is refused/,
      [
        ...[0, 22, 25, 6379, 7233, 7234, 7235, 7239, 8233, 5432, 3306, 27017, 11211, 9200, 2375, 10250, 6667].map(
          (port) => `http://example.com:${port}/`,
        ),
        'https://example.com:22/',
        'http://example.com:022/',
      ],
    ],
    [/the URL is not valid/, ['http://example.com:65536/', 'http://example.com:-1/', 'http://example.com:80a/']],
  ],
  'names that DNS can not know': [
    [
      /not a valid DNS name/,
      [
        'http://a..b/',
        `http://${'a'.repeat(64)}.com/`,
        `http://${'a.'.repeat(148)}com/`,
        'http://-a.com/',
        "http://a'b.com/",
        'http://a,b/',
      ],
    ],
  ],
};

/** What must pass. */
export const ACCEPTED: readonly string[] = [
  ...['http://100.63.255.254/', 'http://100.128.0.1/', 'http://172.15.0.1/', 'http://172.32.0.1/', 'http://8.8.8.8/'],
  ...['http://[2001:4860:4860::8888]/', 'http://[64:ff9b::808:808]/', 'http://[2002:808:808::1]/'],
  ...['http://[::ffff:8.8.8.8]/', 'https://example.com', 'https://example.com:8443/a?b=c', 'HTTPS://EXAMPLE.COM/'],
  ...['http://example.com:8080/', 'http://bücher.example/', 'http://receiver_1:9000/', 'http://notlocalhost/'],
  ...['http://localhost.example.com/', 'http://metadata.google.internal.example.com/', 'http://127.0.0.1.nip.io/'],
];
