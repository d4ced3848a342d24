"""Archives read as a stream: whole, to the last CRC, or an error that names the member."""

import contextlib
import gzip
import io
import tarfile
import zlib
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from radiant_mlhub.exceptions import ArchiveBroken, MLHubException
from radiant_mlhub.tar_reader import Limits, Member, Refused, members

RECORDED = Path(__file__).parents[2] / "shared/data/mlhub_api/bodies/catalog__nasa_marine_debris.tar.gz"
END = bytes(1024)


def tar_of(files, *, tar_format=tarfile.PAX_FORMAT, directories=(), **fields):
    """A plain tar of ``{name: content}`` as the standard library writes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format) as archive:
        for name in directories:
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE
            archive.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def header(
    name=b"a.json", size=b"00000000000\0", kind=b"0", *, mtime=b"00000000000\0", checksum=None, tail=b""
):
    """One header block, made by hand where the standard library would not write such a thing."""
    block = bytearray(512)
    block[: len(name)] = name
    block[124 : 124 + len(size)] = size
    block[136:148] = mtime
    block[148:156] = b"        "
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[345 : 345 + len(tail)] = tail
    block[148:156] = b"%06o\0 " % (sum(block) if checksum is None else checksum)
    return bytes(block)


def padded(content):
    return content + bytes(-len(content) % 512)


def read(data, limits=None):
    return list(members(io.BytesIO(data), limits or Limits()))


class InBits(io.BytesIO):
    """A file that gives so little at once that no header lies whole in it."""

    def read(self, size=-1):
        return super().read(min(size, 100))


def outcome(found):
    """What is handed out, and the error that ends it."""
    handed_out = []
    try:
        handed_out.extend(found)
    except ArchiveBroken as error:
        return handed_out, str(error)
    return handed_out, None


def told(data):
    return [(member.name, member.kind, member.read()) for member in read(data)]


def told_by_tarfile(data):
    """What tarfile finds where ``gzip.decompress`` read the gzip layer, which loses nothing."""
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        return [
            (
                member.name,
                "directory" if member.isdir() else "file",
                b"" if member.isdir() else archive.extractfile(member).read(),
            )
            for member in archive
        ]


names = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=150).filter(
        lambda part: part not in (".", "..") and not part.startswith(("._", "PaxHeader"))
    ),
    min_size=1,
    max_size=4,
).map("/".join)


@settings(max_examples=60, deadline=None)
@given(
    files=st.dictionaries(names, st.binary(max_size=1500), max_size=5),
    directories=st.lists(names, max_size=2),
    tar_format=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    pieces=st.integers(1, 4),
    mtime=st.sampled_from([0, 1650999060, 1650999060.25, 8**11 + 5]),
)
def test_it_finds_what_tarfile_finds(files, directories, tar_format, pieces, mtime):
    """Long names of GNU, pax paths, base-256 times, several gzip members: as tarfile over gzip.open."""
    plain = tar_of(files, tar_format=tar_format, directories=directories, mtime=mtime)
    step = len(plain) // pieces + 1
    packed = b"".join(gzip.compress(plain[at : at + step], 1) for at in range(0, len(plain), step))

    assert told(packed) == told_by_tarfile(packed)
    assert told(plain) == told_by_tarfile(plain)


@settings(max_examples=200, deadline=None)
@given(
    files=st.dictionaries(
        st.text("ab/._é", min_size=1, max_size=8).map(lambda name: f"d/{name * 30}"[:200]),
        st.binary(max_size=1500),
        max_size=4,
    ),
    tar_format=st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    damage=st.none() | st.tuples(st.integers(0, 6000), st.integers(0, 255)),
    limits=st.sampled_from([Limits(), Limits(members=3), Limits(member_bytes=1000)]),
)
def test_what_lies_whole_in_a_piece_is_read_as_what_does_not(files, tar_format, damage, limits):
    """Whole and ordinary members take a short way: the same ones, and the same errors."""
    try:
        data = bytearray(tar_of(files, tar_format=tar_format, directories=["d"], mtime=1650999060))
    except ValueError:  # a name that ustar has no place for
        assume(False)
    if damage and damage[0] < len(data):
        data[damage[0]] = damage[1]

    at_once, in_bits = [outcome(members(file, limits)) for file in (io.BytesIO(data), InBits(data))]

    assert at_once == in_bits


def test_it_reads_the_recorded_catalog_as_tarfile_does():
    """2,830 members of a real catalog of 2022, in the old GNU format."""
    if not RECORDED.exists():
        pytest.skip("the recorded answers of the hub are not beside this project")
    data = RECORDED.read_bytes()

    assert told(data) == told_by_tarfile(data)
    assert len(read(data)) == 2830


def test_a_path_in_the_prefix_field_of_ustar_is_put_together():
    """POSIX ustar: a path of up to 255 bytes is split over two fields."""
    name = "/".join(["a" * 90, "b" * 50, "c" * 90 + ".json"])

    assert told(tar_of({name: b"{}"}, tar_format=tarfile.USTAR_FORMAT)) == [(name, "file", b"{}")]


def test_a_size_in_base_256_is_read():
    """GNU writes numbers that octal digits cannot hold as binary with the first bit set."""
    size = b"\x80" + (3).to_bytes(11, "big")

    assert told(header(size=size) + padded(b"abc") + END) == [("a.json", "file", b"abc")]


def test_the_time_of_a_long_name_is_not_asked_for():
    """GNU's header "L" speaks of the name alone."""
    long_name = b"b" * 120 + b".json"
    naming = header(b"././@LongLink", b"%011o\0" % len(long_name), b"L", mtime=b"none".ljust(12))

    file = header(size=b"00000000003\0") + padded(b"abc")

    assert told(file + naming + padded(long_name) + file + END) == [
        ("a.json", "file", b"abc"),
        (long_name.decode(), "file", b"abc"),
    ]


def test_a_pax_size_and_path_win_over_the_header():
    """pax: a record of the extended header replaces the field of the header that follows."""
    records = b"17 path=b/c.json\n" + b"9 size=3\n"
    pax = header(b"x", b"%011o\0" % len(records), b"x") + padded(records)

    assert told(pax + header(size=b"00000000777\0") + padded(b"abc") + END) == [("b/c.json", "file", b"abc")]


def test_a_global_pax_header_holds_for_all_that_follow_and_a_local_one_for_the_next():
    """pax: x beats g, and is forgotten after one member."""
    everywhere, once = b"18 mtime=1000.75\n", b"14 mtime=2000\n"
    everywhere = b"%d mtime=1000.75\n" % len(everywhere)
    data = (
        header(b"g", b"%011o\0" % len(everywhere), b"g")
        + padded(everywhere)
        + header(b"x", b"%011o\0" % len(once), b"x")
        + padded(once)
        + header(b"first")
        + header(b"second")
        + END
    )

    assert [member.mtime for member in read(data)] == [2000, 1000]


@pytest.mark.parametrize("seconds", ["9" * 19, "-" + "9" * 30, "9" * 5000])
def test_a_time_that_no_system_keeps_costs_no_file(seconds):
    record = f" mtime={seconds}\n"
    record = f"{len(record) + len(str(len(record) + 2))}{record}".encode()
    pax = header(b"x", b"%011o\0" % len(record), b"x") + padded(record)

    assert [member.mtime for member in read(pax + header(b"first") + END)] == [0]


def test_a_size_that_no_system_keeps_is_damage():
    record = b"5012 size=" + b"9" * 5001 + b"\n"
    pax = header(b"x", b"%011o\0" % len(record), b"x") + padded(record)

    with pytest.raises(ArchiveBroken, match="beyond all bounds"):
        read(pax + header(b"first") + END)


def test_several_gzip_members_lose_nothing():
    """Archives packed in parallel are many gzip members; ``tarfile`` in stream mode stops at the first."""
    plain = tar_of({f"{n}.json": b"{}" * n for n in range(50)})
    packed = b"".join(gzip.compress(plain[at : at + 700]) for at in range(0, len(plain), 700))

    assert len(read(packed)) == 50


def test_zeros_behind_the_gzip_data_are_padding():
    """Tapes and block devices pad with zeros; gzip and tar ignore them."""
    assert len(read(gzip.compress(tar_of({"a": b"1"})) + bytes(5000))) == 1


def test_a_missing_end_block_is_fine_only_where_gzip_proves_the_end():
    """Some writers leave out the two zero blocks; in a plain tar that cannot be told from a cut."""
    plain = header(b"a.json", b"00000000003\0") + padded(b"abc")

    assert told(gzip.compress(plain)) == [("a.json", "file", b"abc")]
    with pytest.raises(ArchiveBroken, match="ends without an end-of-archive block"):
        read(plain)


@pytest.mark.parametrize("is_gzip", [False, True])
def test_an_archive_cut_at_any_block_is_broken(is_gzip):
    """Cut at each multiple of 512 bytes, plain and packed: never taken for a shorter archive."""
    plain = tar_of({"long/" * 40 + "a.json": b"x" * 700, "b.json": b"y" * 300}, directories=["d"])
    plain = plain[: len(plain.rstrip(b"\0")) + 512 & ~511] + END
    whole = gzip.compress(plain, 0) if is_gzip else plain
    for cut in range(0, len(whole), 512):
        if not is_gzip and cut == len(whole) - 512:
            continue  # one zero block of the two is an end, as for tar
        with pytest.raises(ArchiveBroken):
            read(whole[:cut])


def test_a_gzip_cut_at_any_byte_is_broken():
    """Also within the eight bytes of CRC and length at its end."""
    whole = gzip.compress(tar_of({"a.json": b"{}", "b.json": b"[]"}))
    for cut in range(len(whole)):
        with pytest.raises(ArchiveBroken):
            read(whole[:cut])


def test_a_flipped_bit_anywhere_in_a_header_is_seen():
    """The checksum of a header covers all its bytes."""
    plain = tar_of({"a.json": b"{}"}, tar_format=tarfile.USTAR_FORMAT)
    for position in [*range(148), *range(156, 512)]:
        damaged = bytearray(plain)
        damaged[position] ^= 1
        with pytest.raises(ArchiveBroken, match="checksum"):
            read(bytes(damaged))


def test_a_flipped_bit_in_content_is_seen_by_the_crc_of_gzip():
    """Tar has no checksum over content; gzip's is read also when all members are already out."""
    packed = bytearray(gzip.compress(tar_of({"a.json": b"radiant" * 40}), 0))
    packed[packed.index(b"radiant")] ^= 1

    with pytest.raises(ArchiveBroken, match="gzip data is damaged"):
        read(bytes(packed))


def test_a_flipped_bit_in_the_crc_itself_is_seen():
    """The last eight bytes are CRC-32 and length."""
    whole = gzip.compress(tar_of({"a.json": b"{}"}))
    for position in range(len(whole) - 8, len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        with pytest.raises(ArchiveBroken):
            read(bytes(damaged))


def test_what_follows_the_archive_is_refused():
    """Behind the end block of tar, behind the data of gzip: nothing but zeros."""
    with pytest.raises(ArchiveBroken, match="follows its end-of-archive block, after the member 'a'"):
        read(tar_of({"a": b"1"}) + b"\0" * 512 + b"more")
    with pytest.raises(ArchiveBroken, match="something else follows its gzip data"):
        read(gzip.compress(tar_of({"a": b"1"})) + b"more")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "it is a symbolic link"),
        (tarfile.LNKTYPE, "it is a hard link"),
        (tarfile.CHRTYPE, "it is a character device"),
        (tarfile.BLKTYPE, "it is a block device"),
        (tarfile.FIFOTYPE, "it is a FIFO"),
        (b"W", "it is of the unknown type 'W'"),
    ],
)
def test_what_has_no_place_in_a_catalog_is_refused_and_the_rest_goes_on(kind, reason):
    """Links, devices and unknown things come with their reason; the next member is read."""
    data = header(b"odd", kind=kind) + header(b"a.json", b"00000000003\0") + padded(b"abc") + END

    assert read(data) == [Refused("odd", reason), Member("a.json", "file", 3, 0, b"abc")]


def test_sparse_files_are_refused_in_all_their_formats():
    """Their data is not their content: old GNU with a continued map, and pax."""
    old = header(b"old", b"00000000003\0", b"S", tail=bytes(137) + b"\x01") + bytes(512) + padded(b"abc")
    record = b"22 GNU.sparse.major=1\n"
    new = header(b"x", b"%011o\0" % len(record), b"x") + padded(record)
    new += header(b"new", b"00000000003\0") + padded(b"abc")

    assert read(old + new + END) == [
        Refused("old", "it is a sparse file"),
        Refused("new", "it is a sparse file"),
    ]


def test_a_name_that_is_not_utf_8_is_refused_and_shown():
    """It could not be written as the same name everywhere."""
    assert read(header(b"caf\xe9.json") + END) == [Refused("caf\\xe9.json", "its name is not UTF-8")]


def test_litter_of_macos_and_old_tars_is_passed_over():
    """Resource forks and pax headers kept as files are no members of anybody's catalog."""
    files = {"d/._a.json": b"x", "PaxHeaders.77/a.json": b"x", "PaxHeader/a.json": b"x", "d/a.json": b"{}"}

    assert [member.name for member in read(tar_of(files))] == ["d/a.json"]


def test_a_header_whose_checksum_sums_signed_bytes_is_taken():
    """Old tars on machines with a signed char; only a name beyond ASCII shows the difference."""
    name = "é".encode()
    block = header(name)
    signed = sum(block) - sum(block[148:156]) + 8 * 32 - 256 * 2

    assert [member.name for member in read(header(name, checksum=signed) + END)] == ["é"]


def test_a_file_over_the_limit_is_refused_unread():
    """64 MiB by default; the limit can be raised."""
    data = tar_of({"big.json": b"x" * 2000, "small.json": b"{}"})

    big, small = read(data, Limits(member_bytes=1000))

    assert big == Refused("big.json", "its 2000 bytes are more than the 1000 that a member may have")
    assert small.name == "small.json"


def test_more_members_than_the_limit_end_the_reading():
    """A shortened catalog must not look like a whole one."""
    with pytest.raises(ArchiveBroken, match="more than 2 members, after the member '1'"):
        read(tar_of({"0": b"", "1": b"", "2": b""}), Limits(members=2))


def test_a_bomb_ends_the_reading():
    """Zeros pack 1000 to 1; JSON about 30 to 1."""
    bomb = gzip.compress(tar_of({"a.json": bytes(3_000_000)}))

    with pytest.raises(ArchiveBroken, match="unpacks to more than 300 times its size"):
        read(bomb, Limits(ratio_from_bytes=1_000_000))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty, before its first member"),
        (gzip.compress(b"", mtime=0), "it is empty, before its first member"),
        (b"<html>" * 200, "a header is no number"),
        (header(size=b"not a number") + END, "the size in a header is no number"),
        (header(size=b"\xff" * 12) + END, "the size in a header is negative"),
        (header(b"x", b"00000000005\0", b"x") + padded(b"9 a=b") + END, "a pax header in it is damaged"),
        (header(b"x", b"77777777777\0", b"L") + END, "a header of 8589934591 bytes stands in it"),
        (
            header(b"x", b"00000000004\0", b"L") + padded(b"name") + END,
            "a header at its end describes no member",
        ),
        (header(b"a", b"00000001000\0") + bytes(512), "something|it ends"),
    ],
)
def test_what_is_no_archive_says_so(data, said):
    """One error, of this package and an OSError, that says what is wrong and where."""
    with pytest.raises(ArchiveBroken, match=said) as caught:
        read(data)

    assert isinstance(caught.value, MLHubException)
    assert isinstance(caught.value, OSError)


def test_the_error_names_the_last_whole_member():
    """The text and ``.member`` say where to look."""
    data = tar_of({"a.json": b"{}", "b.json": b"{}"})[:1024] + b"x" * 512

    with pytest.raises(ArchiveBroken) as caught:
        read(data)

    assert str(caught.value).startswith("The archive cannot be used: the checksum in a header is no number")
    assert caught.value.member == "a.json"


def test_members_before_a_fault_are_handed_out(tmp_path):
    """It is a stream: whoever needs all or nothing waits for its end."""
    path = tmp_path / "cut.tar"
    path.write_bytes(tar_of({"a.json": b"{}", "b.json": b"{}"})[:1100])
    found = members(path)

    assert next(found).name == "a.json"
    with pytest.raises(ArchiveBroken):
        next(found)


def test_a_file_object_stays_open_and_is_read_from_where_it_stands():
    """The caller owns what it hands in."""
    file = io.BytesIO(b"front" + tar_of({"a.json": b"{}"}))
    file.seek(5)

    assert [member.name for member in members(file)] == ["a.json"]
    assert not file.closed


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=3000), is_gzip=st.booleans())
def test_no_bytes_raise_anything_but_the_one_error(data, is_gzip):
    """Garbage is broken, not a surprise."""
    whole = gzip.compress(data) if is_gzip else data
    with contextlib.suppress(ArchiveBroken):
        read(whole)


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 5000), byte=st.integers(0, 255))
def test_one_wrong_byte_in_a_tar_is_an_error_or_harmless(position, byte):
    """Whatever one byte becomes: an error, or members read to the end."""
    plain = bytearray(tar_of({"long/" * 40 + "a.json": b"x" * 700, "b.json": b"y"}))
    plain[position % len(plain)] = byte
    try:
        found = read(bytes(plain))
    except ArchiveBroken:
        return
    assert len(found) == 2


def test_crc_of_a_piece_by_piece_stream_matches_zlib():
    """Content longer than the reader's pieces arrives whole."""
    content = bytes(range(256)) * 20_000
    (member,) = read(gzip.compress(tar_of({"a.bin": content})))

    assert zlib.crc32(member.read()) == zlib.crc32(content)
