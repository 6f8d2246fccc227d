-- A ledger of the first version of the schema: its tables, and a row in each state. Statements of both stores.
CREATE TABLE meta (k TEXT PRIMARY KEY, v TEXT NOT NULL);
INSERT INTO meta (k, v) VALUES ('epoch', '0');
CREATE TABLE batch (
    id TEXT PRIMARY KEY, account TEXT, endpoint TEXT, source TEXT, manifest TEXT,
    cap BIGINT, cap_ms BIGINT,
    held BIGINT NOT NULL DEFAULT 0, held_ms BIGINT NOT NULL DEFAULT 0,
    spent BIGINT NOT NULL DEFAULT 0, spent_ms BIGINT NOT NULL DEFAULT 0,
    added BIGINT NOT NULL);
CREATE TABLE item (
    batch TEXT NOT NULL, seq BIGINT NOT NULL, account TEXT, endpoint TEXT, key TEXT NOT NULL,
    hash TEXT NOT NULL, action TEXT NOT NULL, model TEXT, ms BIGINT NOT NULL, price BIGINT, out TEXT,
    state TEXT NOT NULL, home TEXT NOT NULL, fence BIGINT NOT NULL DEFAULT 0,
    attempt BIGINT NOT NULL DEFAULT 0, owner TEXT, lease BIGINT, added BIGINT NOT NULL, armed BIGINT,
    created BIGINT, task TEXT, request_id TEXT, code TEXT, message TEXT, status TEXT,
    done BIGINT, expires BIGINT, forgotten BIGINT,
    PRIMARY KEY (batch, seq), UNIQUE (batch, key), UNIQUE (batch, out));
CREATE UNIQUE INDEX item_task ON item (account, endpoint, task);
CREATE INDEX item_planned ON item (batch, seq) WHERE state = 'planned';
CREATE INDEX item_held ON item (lease) WHERE state IN ('intent', 'sending');
CREATE INDEX item_repeat ON item (account, endpoint, hash)
    WHERE state IN ('intent', 'sending', 'in_doubt', 'created');
CREATE INDEX item_expires ON item (expires) WHERE state = 'done';
CREATE INDEX item_fetch ON item (batch, owner, (COALESCE(expires, done)), seq)
    WHERE state = 'done';
CREATE INDEX item_count ON item (batch, state, ms, price);
CREATE INDEX item_added ON item (added, batch, seq);
CREATE INDEX item_done ON item (done) WHERE done IS NOT NULL;
CREATE TABLE body (
    batch TEXT NOT NULL, seq BIGINT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (batch, seq));
CREATE TABLE file (
    batch TEXT NOT NULL, seq BIGINT NOT NULL, n BIGINT NOT NULL, url TEXT NOT NULL, path TEXT,
    bytes BIGINT, sha256 TEXT, PRIMARY KEY (batch, seq, n));
CREATE TABLE stray (
    batch TEXT NOT NULL, seq BIGINT NOT NULL, fence BIGINT NOT NULL, task TEXT NOT NULL,
    seen BIGINT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (batch, seq, fence));
CREATE TABLE event (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, fence BIGINT NOT NULL,
    was TEXT, now TEXT NOT NULL, worker TEXT NOT NULL, note TEXT);
CREATE INDEX event_row ON event (batch, seq);
CREATE TABLE worker (
    id TEXT PRIMARY KEY, host TEXT NOT NULL, pid BIGINT NOT NULL,
    started BIGINT NOT NULL, seen BIGINT NOT NULL);
UPDATE meta SET v = '500' WHERE k = 'epoch';
INSERT INTO meta (k, v) VALUES ('schema', '1'), ('learned:commit_us', '1234');
INSERT INTO batch (id, account, endpoint, source, manifest, cap, cap_ms, held, held_ms, spent, spent_ms, added)
    VALUES ('clips', 'account=test', 'mps.example', 'clips.jsonl', 'abc', 100000000, 900000, 8000000, 20000, 8000000, 20000, 1000),
    ('{singles}', 'account=test', 'mps.example', NULL, NULL, NULL, NULL, 2000000, 5000, 0, 0, 1500);
INSERT INTO item (batch, seq, account, endpoint, key, hash, action, model, ms, price, out, state, home, fence, attempt, owner, lease, added,
    armed, created, task, request_id, code, message, status, done, expires, forgotten) VALUES
    ('clips', 1, NULL, NULL, 'key-1', 'hash-1', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '1.mp4', 'planned', 'planned', 0, 0, NULL, NULL, 2001, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('clips', 2, 'account=test', 'mps.example', 'key-2', 'hash-2', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '2.mp4', 'intent', 'planned', 1, 1, '00000000000000aa', 7000, 2002, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('clips', 3, 'account=test', 'mps.example', 'key-3', 'hash-3', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '3.mp4', 'sending', 'planned', 1, 1, '00000000000000aa', 7000, 2003, 3003, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('clips', 4, 'account=test', 'mps.example', 'key-4', 'hash-4', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '4.mp4', 'in_doubt', 'planned', 1, 1, '00000000000000aa', NULL, 2004, 3004, NULL, NULL, NULL, 'Code', NULL, NULL, NULL, NULL, NULL),
    ('clips', 5, 'account=test', 'mps.example', 'key-5', 'hash-5', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '5.mp4', 'created', 'planned', 1, 1, '00000000000000aa', NULL, 2005, 3005, 4005, 'task-5', 'request-5', NULL, NULL, 'PROCESSING', NULL, NULL, NULL),
    ('clips', 6, 'account=test', 'mps.example', 'key-6', 'hash-6', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '6.mp4', 'done', 'planned', 1, 1, '00000000000000aa', NULL, 2006, 3006, 4006, 'task-6', 'request-6', NULL, NULL, NULL, 5006, 6006, NULL),
    ('clips', 7, 'account=test', 'mps.example', 'key-7', 'hash-7', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '7.mp4', 'fetched', 'planned', 1, 1, '00000000000000aa', NULL, 2007, 3007, 4007, 'task-7', 'request-7', NULL, NULL, NULL, 5007, 6007, NULL),
    ('clips', 8, 'account=test', 'mps.example', 'key-8', 'hash-8', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '8.mp4', 'refused', 'planned', 1, 1, '00000000000000aa', NULL, 2008, NULL, NULL, NULL, 'request-8', 'Code', 'a message', NULL, 5008, NULL, NULL),
    ('clips', 9, 'account=test', 'mps.example', 'key-9', 'hash-9', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '9.mp4', 'unsent', 'planned', 1, 1, '00000000000000aa', NULL, 2009, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5009, NULL, NULL),
    ('clips', 10, 'account=test', 'mps.example', 'key-10', 'hash-10', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '10.mp4', 'failed', 'planned', 1, 1, '00000000000000aa', NULL, 2010, 3010, 4010, 'task-10', 'request-10', 'Code', 'a message', NULL, 5010, NULL, NULL),
    ('clips', 11, 'account=test', 'mps.example', 'key-11', 'hash-11', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '11.mp4', 'expired', 'planned', 1, 1, '00000000000000aa', NULL, 2011, 3011, 4011, 'task-11', 'request-11', NULL, NULL, NULL, 5011, NULL, NULL),
    ('clips', 12, 'account=test', 'mps.example', 'key-12', 'hash-12', 'CreateAigcVideoTask', 'Hunyuan', 5000, 2000000, '12.mp4', 'abandoned', 'planned', 1, 1, '00000000000000aa', NULL, 2012, 3012, NULL, NULL, NULL, NULL, NULL, NULL, 5012, NULL, 8000),
    ('{singles}', 1, 'account=test', 'mps.example', 'single', '{hash}', 'CreateAigcVideoTask', NULL, 5000, 2000000, NULL, 'created', 'unsent', 1, 1, '00000000000000aa', NULL, 1999, 3100, 4100, 'task-single', 'request-single', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO body (batch, seq, json) VALUES
    ('clips', 1, '{"Prompt":"prompt 1"}'),
    ('clips', 2, '{"Prompt":"prompt 2"}'),
    ('clips', 3, '{"Prompt":"prompt 3"}'),
    ('clips', 4, '{"Prompt":"prompt 4"}'),
    ('clips', 5, '{"Prompt":"prompt 5"}'),
    ('clips', 6, '{"Prompt":"prompt 6"}'),
    ('clips', 7, '{"Prompt":"prompt 7"}'),
    ('clips', 8, '{"Prompt":"prompt 8"}'),
    ('clips', 9, '{"Prompt":"prompt 9"}'),
    ('clips', 10, '{"Prompt":"prompt 10"}'),
    ('clips', 11, '{"Prompt":"prompt 11"}'),
    ('{singles}', 1, '{"Prompt":"a cat","Duration":5}');
INSERT INTO file (batch, seq, n, url, path, bytes, sha256) VALUES
    ('clips', 6, 0, 'https://cos.example/6.mp4', NULL, NULL, NULL),
    ('clips', 7, 0, 'https://cos.example/7.mp4', '/clips/7.mp4', 3, '00');
INSERT INTO stray (batch, seq, fence, task, seen, why) VALUES
    ('clips', 4, 1, 'task-late', 4500, 'too late');
INSERT INTO event (batch, seq, at, fence, was, now, worker, note) VALUES
    ('clips', 2, 2502, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 3, 2503, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 3, 3003, 1, 'intent', 'sending', '00000000000000aa', NULL),
    ('clips', 4, 2504, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 4, 3004, 1, 'intent', 'sending', '00000000000000aa', NULL),
    ('clips', 5, 2505, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 5, 3005, 1, 'intent', 'sending', '00000000000000aa', NULL),
    ('clips', 5, 4005, 1, 'sending', 'created', '00000000000000aa', NULL),
    ('clips', 6, 2506, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 6, 3006, 1, 'intent', 'sending', '00000000000000aa', NULL),
    ('clips', 6, 4006, 1, 'sending', 'created', '00000000000000aa', NULL),
    ('clips', 7, 2507, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 7, 3007, 1, 'intent', 'sending', '00000000000000aa', NULL),
    ('clips', 7, 4007, 1, 'sending', 'created', '00000000000000aa', NULL),
    ('clips', 8, 2508, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 9, 2509, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 10, 2510, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 10, 3010, 1, 'intent', 'sending', '00000000000000aa', NULL),
    ('clips', 10, 4010, 1, 'sending', 'created', '00000000000000aa', 'a note'),
    ('clips', 11, 2511, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 11, 3011, 1, 'intent', 'sending', '00000000000000aa', NULL),
    ('clips', 11, 4011, 1, 'sending', 'created', '00000000000000aa', NULL),
    ('clips', 12, 2512, 1, 'planned', 'intent', '00000000000000aa', NULL),
    ('clips', 12, 3012, 1, 'intent', 'sending', '00000000000000aa', NULL),
    ('{singles}', 1, 2400, 1, 'unsent', 'intent', '00000000000000aa', NULL);
INSERT INTO worker (id, host, pid, started, seen) VALUES
    ('00000000000000aa', 'host', 1, 900, 901);
