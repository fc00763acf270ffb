#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""formats.py FORMAT FILE: print an export as folded stacks.

Reads what "page_owner export" wrote with readers of its own, checks what the
format promises, and prints the stacks sorted, so that two formats that say the
same give the same text.
"""
import gzip
import json
import sys
import xml.etree.ElementTree


def varint(data, pos):
    value = shift = 0
    while True:
        byte = data[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, pos


def message(data):
    """The fields of a protobuf message: lists by number."""
    fields = {}
    pos = 0
    while pos < len(data):
        tag, pos = varint(data, pos)
        if tag & 7 == 0:
            value, pos = varint(data, pos)
        elif tag & 7 == 2:
            length, pos = varint(data, pos)
            value = data[pos:pos + length]
            assert len(value) == length
            pos += length
        else:
            raise ValueError("wire type %d" % (tag & 7))
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def packed(data):
    values = []
    pos = 0
    while pos < len(data):
        value, pos = varint(data, pos)
        values.append(value)
    return values


def by_id(messages):
    table = {}
    for data in messages:
        fields = message(data)
        assert fields[1][0] > 0 and fields[1][0] not in table
        table[fields[1][0]] = fields
    return table


def pprof(data):
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    profile = message(data)
    strings = [s.decode() for s in profile[6]]
    assert strings[0] == "" and len(set(strings)) == len(strings)
    types = [message(t) for t in profile[1]]
    names = [(strings[t[1][0]], strings[t[2][0]]) for t in types]
    assert names == [("objects", "count"), ("space", "bytes")]
    mappings = by_id(profile[3])
    functions = by_id(profile[5])
    locations = by_id(profile[4])
    for fields in locations.values():
        assert fields[2][0] in mappings
    for data in profile[2]:
        sample = message(data)
        stack = []
        for number in packed(sample[1][0]):
            line = message(locations[number][4][0])
            stack.insert(0, strings[functions[line[1][0]][2][0]])
        values = packed(sample[2][0])
        assert len(values) == 2
        labels = [message(label) for label in sample.get(3, [])]
        prefix = ["%s %s" % (strings[label[1][0]],
                             strings[label[2][0]] if 2 in label else
                             label.get(3, [0])[0]) for label in labels]
        yield prefix + stack, values[1]


def speedscope(data):
    profile = json.loads(data)
    frames = [frame["name"] for frame in profile["shared"]["frames"]]
    assert len(set(frames)) == len(frames)
    (sampled,) = profile["profiles"]
    assert sampled["type"] == "sampled" and sampled["unit"] == "bytes"
    assert len(sampled["samples"]) == len(sampled["weights"])
    assert sampled["endValue"] == sum(sampled["weights"])
    for stack, weight in zip(sampled["samples"], sampled["weights"]):
        yield [frames[i] for i in stack], weight


def json_owners(data):
    root = json.loads(data)
    assert root["schema"] == "page_owner/1"
    assert root["pages"] * root["page_size"] == sum(o["bytes"] for o in root["owners"])
    for owner in root["owners"]:
        yield [frame.split("+")[0] + frame[frame.find(" ["):] * (" [" in frame)
               for frame in reversed(owner["stack"])], owner["bytes"]


def flamegraph(data):
    """Stacks are what is left of a frame above which there is nothing."""
    root = xml.etree.ElementTree.fromstring(data)
    frames = []
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        frames.append((int(group.get("data-depth")), int(group.get("data-from")),
                       int(group.get("data-to")), group.get("data-name")))
        box = group.find("{http://www.w3.org/2000/svg}rect")
        assert float(box.get("width")) >= 0
    path = []
    for i, (depth, start, end, name) in enumerate(frames):
        del path[depth:]
        if depth:
            assert path[-1][1] <= start and end <= path[-1][2]
        path.append((depth, start, end, name))
        above = sum(f[2] - f[1] for f in frames[i + 1:]
                    if f[0] == depth + 1 and start <= f[1] and f[2] <= end)
        if end - start > above:
            yield [p[3] for p in path[1:]], (end - start - above) * 4096


def main():
    readers = {"pprof": pprof, "speedscope": speedscope, "json": json_owners,
               "flamegraph": flamegraph}
    with open(sys.argv[2], "rb") as file:
        data = file.read()
    sums = {}
    for stack, weight in readers[sys.argv[1]](data):
        key = ";".join(stack)
        sums[key] = sums.get(key, 0) + weight
    for key in sorted(sums):
        print("%s %d" % (key, sums[key]))


main()
