/**
 * Ports of services that are no web servers and could take a callback for commands of their own, each with the name of the
 * service. Refused on every address.
 */
const REFUSED_PORTS: ReadonlyMap<number, string> = new Map(
  [
    // "Bad ports" of the Fetch Standard, https://fetch.spec.whatwg.org/#port-blocking
    '0 no service, 1 tcpmux, 7 echo, 9 discard, 11 systat, 13 daytime, 15 netstat, 17 qotd, 19 chargen',
    '20 21 FTP, 22 SSH, 23 Telnet, 25 SMTP, 37 time, 42 name, 43 whois, 53 DNS, 69 TFTP, 77 priv-rjs, 79 finger',
    '87 ttylink, 95 supdup, 101 hostname, 102 iso-tsap, 103 gppitnp, 104 acr-nema, 109 POP2, 110 POP3, 111 RPC',
    '113 auth, 115 SFTP, 117 uucp-path, 119 NNTP, 123 NTP, 135 RPC, 137 139 NetBIOS, 143 IMAP, 161 SNMP',
    '179 BGP, 389 LDAP, 427 SLP, 465 SMTP, 512 exec, 513 login, 514 shell, 515 printer, 526 tempo, 530 courier',
    '531 chat, 532 netnews, 540 UUCP, 548 AFP, 554 RTSP, 556 remotefs, 563 NNTP, 587 SMTP, 601 syslog, 636 LDAP',
    '989 990 FTP, 993 IMAP, 995 POP3, 1719 1720 H.323, 1723 PPTP, 2049 NFS, 3659 apple-sasl, 4045 lockd',
    '4190 sieve, 5060 5061 SIP, 6000 X11, 6566 sane, 6665 6666 6667 6668 6669 6679 6697 IRC, 10080 Amanda',
    // Temporal: gRPC, membership and HTTP ports of the four services, and the UI, which can start workflows.
    '6933 6934 6935 6939 7233 7234 7235 7239 7243 8233 Temporal',
    // Databases, queues and caches.
    '1433 SQL Server, 1521 Oracle, 2181 ZooKeeper, 2379 2380 etcd, 3306 MySQL, 5432 PostgreSQL, 5672 AMQP',
    '5984 CouchDB, 6379 6380 Redis, 8086 InfluxDB, 9042 Cassandra, 9092 Kafka, 9200 9300 Elasticsearch',
    '11211 memcached, 15672 RabbitMQ, 26257 CockroachDB, 27017 27018 27019 MongoDB',
    // Control of machines and clusters.
    '445 SMB, 2375 2376 Docker, 3389 RDP, 5900 VNC, 5985 5986 WinRM, 6443 Kubernetes, 8500 Consul',
    '10250 10255 Kubernetes',
  ].flatMap((line) => line.split(', ').flatMap(readRow)),
);

/** The service that a refused port belongs to; undefined for a port that a callback may use. */
export function refusedPortOwner(port: number): string | undefined {
  return REFUSED_PORTS.get(port);
}

/** Reads `20 21 FTP`. */
function readRow(row: string): [port: number, owner: string][] {
  const [, ports = '', owner = ''] = /^((?:\d+ )+)(.+)$/.exec(row) ?? [];
  return ports
    .trim()
    .split(' ')
    .map((port) => [Number(port), owner]);
}
