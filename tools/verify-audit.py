#!/usr/bin/env python3
# A second verifier of audit exports, written from docs/adr/0004-audit-chain.md, not from the code.
# verify-audit.py EXPORT [--checkpoints FILE] [--public-key HEX]; needs Python 3.9 and nothing else.
import argparse, hashlib, json, sys
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
WORDS = 'actor', 'credential', 'action', 'resource', 'outcome'
D = -121665 * pow(121666, P - 2, P) % P

def sha256(*parts):
    return hashlib.sha256(b''.join(parts)).digest()
# Ed25519 (RFC 8032 sections 5.1.3, 5.1.4, 5.1.7), points in extended coordinates.
def add(a, b):
    c, d = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    e, f = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    c, d, e, f = d - c, d + c, f - e, f + e
    return c * e % P, f * d % P, e * f % P, c * d % P

def multiply(scalar, point):
    result = (0, 1, 1, 0)
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        result = add(result, point) if bit == '1' else result
    return result

def decode_point(data):
    number = int.from_bytes(data, 'little')
    sign, y = number >> 255, number % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign == 1):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P

BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, 'little'))

def signature_holds(public_key, message, signature):
    a, r = decode_point(public_key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], 'little')
    if None in (a, r) or s >= L or (len(public_key), len(signature)) != (32, 64):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), 'little')
    left, right = multiply(s, BASE), add(r, multiply(k % L, a))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))

# The encoding under every hash: a 4-byte length before each field, ffffffff for an absent one.
def encode(*fields):
    parts = []
    for field in fields:
        data = field.encode() if isinstance(field, str) else field
        data = data.to_bytes(8, 'big', signed=True) if isinstance(data, int) else data
        parts += [b'\xff' * 4] if data is None else [len(data).to_bytes(4, 'big'), data]
    return b''.join(parts)

def unhex(text):
    return None if text is None else bytes.fromhex(text.replace('-', ''))
def link_of(entry, previous):
    facts = encode(entry['at_ms'], unhex(entry['unit_id']), *(entry[name] for name in WORDS),
                   unhex(entry['activity_id']), unhex(entry['body_hash']))
    return sha256(encode('keystead.audit.entry', 1, unhex(entry['organization_id']), entry['seq'],
                         previous, sha256(facts), unhex(entry['payload_digest'])))

def signed_bytes(point):
    return encode('keystead.checkpoint', 1, point['height'], point['epoch'], point['at_ms'],
                  unhex(point['previous']), unhex(point['root']), point['count'])

def is_under_root(leaf, count, root):  # RFC 9162 section 2.1.3.2
    node = sha256(b'\0', encode(unhex(leaf['organization_id']), leaf['seq'], unhex(leaf['link'])))
    place, last = leaf['index'], count - 1
    for sibling in map(unhex, leaf['proof']):
        if place & 1 or place == last:
            node = sha256(b'\1', sibling, node)
            while place & 1 == 0 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b'\1', node, sibling)
        place, last = place >> 1, last >> 1
    return place == 0 and last == 0 and node == root

class Audit:
    def __init__(self, public_key):
        self.public_key, self.organizations, self.problems = public_key, None, []
        self.report = self.problems.append
        self.ends, self.links, self.checkpoints, self.leaves = {}, {}, {}, []

    def take(self, line):
        if line['kind'] == 'header' and (line['format'], line['version']) == ('keystead-audit', 1):
            self.organizations = line['organizations']
            self.public_key = self.public_key or unhex(line['checkpointKey'])
        (self.take_entry if line['kind'] == 'entry' else self.take_evidence)(line)

    def take_entry(self, entry):
        chain, seq, link = entry['organization_id'], entry['seq'], unhex(entry['link'])
        genesis = sha256(encode('keystead.audit.genesis', 1, unhex(chain)))
        last, previous = self.ends.get(chain, (0, genesis))
        salt, payload = unhex(entry['payload_salt']), entry['payload']
        if seq != last + 1:
            self.report(f'{chain} entry {seq}: entry {last + 1} was expected here')
        if ((salt, payload) != (None, None) and
                sha256(salt or b'', (payload or '').encode()) != unhex(entry['payload_digest'])):
            self.report(f'{chain} entry {seq}: the payload does not have its digest')
        if link_of(entry, previous) != link:
            self.report(f'{chain} entry {seq}: the link does not follow')
        self.ends[chain], self.links[chain, seq] = (seq, link), link

    def take_evidence(self, line):
        if line['kind'] == 'leaf':
            self.leaves.append(line)
        elif line['kind'] == 'checkpoint':
            height, data = line['height'], signed_bytes(line)
            if not signature_holds(self.public_key or b'', data, unhex(line['signature'])):
                self.report(f'checkpoint {height}: the signature does not hold')
            if signed_bytes(self.checkpoints.setdefault(height, line)) != data:
                self.report(f'checkpoint {height}: there are two different ones')

    def finish(self):
        before, previous = 0, bytes(32)
        for height, point in sorted(self.checkpoints.items()):
            if height != before + 1 or unhex(point['previous']) != previous:
                self.report(f'checkpoint {height}: does not follow checkpoint {before}')
            before, previous = height, sha256(signed_bytes(point))
        for chain in sorted(set(self.ends) ^ set(self.organizations or ['the header'])):
            self.report(f'{chain}: not both in the header and among the entries')
        for leaf in self.leaves:
            height, place = leaf['height'], (leaf['organization_id'], leaf['seq'])
            point, link = self.checkpoints.get(height), self.links.get(place)
            if point is None or not is_under_root(leaf, point['count'], unhex(point['root'])):
                self.report('{} entry {}: is not in checkpoint {}'.format(*place, height))
            elif place[0] in self.ends and link != unhex(leaf['link']):
                found = 'missing: truncated' if link is None else 'changed'
                self.report('{} entry {}: {}, says checkpoint {}'.format(*place, found, height))

options = argparse.ArgumentParser(description='Verifies an audit export.')
for option in ('export', '--checkpoints', '--public-key'):
    options.add_argument(option)
given = options.parse_args()
audit = Audit(unhex(given.public_key))
for path, take in (given.export, audit.take), (given.checkpoints, audit.take_evidence):
    for number, line in enumerate(open(path, encoding='utf-8') if path else (), 1):
        try:
            take(json.loads(line))
        except (ValueError, KeyError, TypeError, OverflowError, AttributeError) as error:
            audit.report(f'{path} line {number}: not a line of an audit export ({error!r})')
audit.finish()
sizes = map(len, (audit.ends, audit.links, audit.checkpoints))
seen = '{} chains, {} entries, {} checkpoints'.format(*sizes)
broken = f'BROKEN: {len(audit.problems)} problems; {seen}'
print(*audit.problems, broken if audit.problems else f'ok: {seen}', sep='\n')
sys.exit(1 if audit.problems else 0)
