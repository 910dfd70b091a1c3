"""Fetching from publishers: resumed, checked, refused with words; against a server of this machine."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import socket
import threading
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from healthsim_core.errors import UserError
from populationsim import downloading, loading
from populationsim.command import init


class Publisher(http.server.BaseHTTPRequestHandler):
    """Serves `files`, with ranges and tags; breaks off after `breaks` bytes as often as it says."""

    protocol_version = "HTTP/1.1"
    files: dict[str, bytes] = {}
    breaks: list[int] = []
    asked: list[tuple[str, str | None]] = []

    def log_message(self, *words):
        pass

    def do_GET(self):
        path = self.path.partition("?")[0]
        wanted = self.headers.get("Range")
        self.asked.append((path, wanted))
        if path not in self.files:
            self.send_error(404)
            return
        content = self.files[path]
        tag = f'"{hashlib.sha256(content).hexdigest()[:8]}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.headers.get("If-Range") == tag else 0
        self.send_response(206 if begin else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content) - begin))
        self.send_header("Content-Disposition", 'attachment; filename="PLACES__County_Data_2022_release.csv"')
        self.end_headers()
        body = content[begin:]
        if self.breaks:
            body = body[: self.breaks.pop(0)]
            self.close_connection = True
        self.wfile.write(body)


@pytest.fixture
def publisher():
    Publisher.files, Publisher.breaks, Publisher.asked = {}, [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    threading.Thread(target=functools.partial(server.serve_forever, 0.05), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(publisher, tmp_path):
    content = bytes(range(256)) * 4000
    Publisher.files = {"/places_county.csv": content}
    Publisher.breaks = [300_000]
    found = downloading.fetch("places", tmp_path, mirror=publisher)
    assert found.path.read_bytes() == content and found.new and found.vintage == "2022"
    assert Publisher.asked == [("/places_county.csv", None), ("/places_county.csv", "bytes=300000-")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["places_county.csv", "places_county.csv.json"]


def test_a_part_that_is_left_is_taken_up_by_the_next_run(publisher, tmp_path):
    content = b"0123456789" * 50_000
    Publisher.files = {"/places_county.csv": content}
    Publisher.breaks = [1000, 1000, 1000]
    with pytest.raises(UserError, match="broke off 3 times.*run it again"):
        downloading.fetch("places", tmp_path, mirror=publisher)
    assert downloading.fetch("places", tmp_path, mirror=publisher).path.read_bytes() == content
    assert Publisher.asked[-1] == ("/places_county.csv", "bytes=3000-")


def test_a_newer_file_is_not_sewn_to_the_part_of_an_older(publisher, tmp_path):
    Publisher.files = {"/places_county.csv": b"a" * 5000}
    Publisher.breaks = [1000, 0, 0]
    with pytest.raises(UserError):
        downloading.fetch("places", tmp_path, mirror=publisher)
    Publisher.files = {"/places_county.csv": b"b" * 6000}
    assert downloading.fetch("places", tmp_path, mirror=publisher).path.read_bytes() == b"b" * 6000


def test_what_has_not_changed_is_not_fetched_again(publisher, tmp_path):
    Publisher.files = {"/places_county.csv": b"x" * 100}
    first = downloading.fetch("places", tmp_path, mirror=publisher)
    again = downloading.fetch("places", tmp_path, mirror=publisher)
    assert (first.new, again.new, again.vintage) == (True, False, "2022")


def test_a_file_that_is_not_the_known_one_is_refused(publisher, tmp_path):
    Publisher.files = {"/SVI_2022_US_county.csv": b"something else"}
    with pytest.raises(UserError, match="not the file that is known"):
        downloading.fetch("svi", tmp_path, mirror=publisher)
    assert not (tmp_path / "SVI_2022_US_county.csv").exists()


def test_a_missing_file_and_an_unreachable_host_say_what_to_do(publisher, tmp_path):
    with pytest.raises(UserError, match="(?s)answers 404.*by hand from https://www.cdc.gov/places.*init --places FILE"):
        downloading.fetch("places", tmp_path, mirror=publisher)
    with pytest.raises(UserError, match="(?s)cannot reach 127.0.0.1:.*is there internet here.*init --svi-tract FILE"):
        downloading.fetch("svi_tract", tmp_path, mirror=nowhere())
    with pytest.raises(UserError, match="cannot reach publisher.invalid"):
        downloading.fetch("places", tmp_path, mirror="http://publisher.invalid")
    with pytest.raises(UserError, match="expected an address"):
        downloading.fetch("places", tmp_path, mirror="file:///etc")


def test_a_publisher_that_says_nothing_is_given_up(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(UserError, match="is there internet here|broke off"):
            downloading.fetch("places", tmp_path, mirror=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)


def test_the_newest_monthly_file_is_found_on_its_page(publisher):
    names = ("October_2026_V2", "November_2026_V2", "December_2025_V2", "102026_102526_Weekly_V2")
    Publisher.files = {"/nppes": "".join(f'<a href="./NPPES_Data_Dissemination_{n}.zip">' for n in names).encode()}
    found = downloading._last_link(f"{publisher}/nppes", downloading.sources()["nppes"]["find"], 5)
    assert found == f"{publisher}/NPPES_Data_Dissemination_November_2026_V2.zip"


def test_every_kind_has_an_address_and_init_loads_what_it_fetches(publisher, tmp_path, monkeypatch, places_file):
    assert set(downloading.sources()) == set(loading.KINDS)
    assert all(one["url"].startswith("https://") for one in downloading.sources().values())
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path / "home"))
    Publisher.files = {"/places_county.csv": places_file.read_bytes()}
    result = CliRunner().invoke(init, ["--download", "places", "--mirror", publisher])
    assert result.exit_code == 0, result.output
    assert "places_county.csv: fetched" in result.output and "2022  places_county.csv" in result.output
    result = CliRunner().invoke(init, ["--download", "places", "--mirror", publisher])
    assert "still the latest" in result.output and "nothing changed" in result.output
    result = CliRunner().invoke(init, ["--download", "placez"])
    assert "unknown kind 'placez'; did you mean 'places'" in str(result.exception)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return the command `init` in a workspace of its own."""
    monkeypatch.setenv("HEALTHSIM_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(init, [str(word) for word in words])


def nowhere() -> str:
    """Return an address of this machine at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_a_plain_server_that_knows_no_ranges_and_no_tags_serves_too(tmp_path, places_file):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "places_county.csv").write_bytes(places_file.read_bytes())
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "mirror"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=functools.partial(server.serve_forever, 0.05), daemon=True).start()
        mirror = f"http://127.0.0.1:{server.server_port}"
        # A part of before: such a server sends the whole again.
        (tmp_path / "places_county.csv.part").write_bytes(b"half of another file")
        (tmp_path / "places_county.csv.part.tag").write_text("Sat, 01 Jan 2022 00:00:00 GMT")
        first = downloading.fetch("places", tmp_path, mirror=mirror)
        again = downloading.fetch("places", tmp_path, mirror=mirror)
        server.shutdown()
    assert first.path.read_bytes() == places_file.read_bytes()
    assert (first.new, again.new) == (True, False), "it answers by the date that it has not changed"


def test_the_provider_archive_is_fetched_unpacked_and_loaded(publisher, run, tmp_path, samples):
    name = "npidata_pfile_20050523-20261108.csv"
    plain, archive = samples.write_nppes(tmp_path / name, 100), tmp_path / "nppes.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(plain, name)
        zipped.writestr(name.replace(".csv", "_fileheader.csv"), "NPI\n")
    Publisher.files, Publisher.breaks = {"/nppes.zip": archive.read_bytes()}, [1000]
    result = run("--download", "nppes", "--mirror", publisher, "--state", "TX", "--json")
    (load,) = json.loads(result.stdout)["loads"]
    assert (load["vintage"], load["limits"], load["rows"]) == ("2026-11-08", "TX", 40)
    assert [part for _, part in Publisher.asked] == [None, "bytes=1000-"]


def test_one_publisher_out_of_reach_does_not_keep_back_the_others(publisher, run, places_file):
    Publisher.files = {"/places_county.csv": places_file.read_bytes()}
    result = run("--download", "svi,places,cbsa", "--mirror", publisher)
    assert isinstance(result.exception, UserError) and result.exception.exit_code == 2
    assert "2 counties   2022  places_county.csv" in result.output
    said = str(result.exception)
    assert (
        "what could is loaded" in said
        and said.count("answers 404") == 2
        and "--svi FILE" in said
        and "--cbsa FILE" in said
    )


def test_without_a_network_each_file_is_named_and_nothing_is_made(run, tmp_path):
    result = run("--download", "--mirror", nowhere())
    assert isinstance(result.exception, UserError) and result.exception.exit_code == 2
    assert str(result.exception).count("is there internet here?") == len(downloading.USUAL)
    assert not (tmp_path / "home" / "reference.duckdb").exists()


def test_a_page_in_the_place_of_the_file_is_refused_and_the_file_taken_when_it_comes(publisher, run, places_file):
    Publisher.files = {"/places_county.csv": b"<html><body>Please log in to the network.</body></html>"}
    result = run("--download", "places", "--mirror", publisher)
    assert "places_county.csv is not a CDC PLACES county file" in str(result.exception)
    Publisher.files = {"/places_county.csv": places_file.read_bytes()}
    assert "2 counties" in run("--download", "places", "--mirror", publisher).output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_is_said_to_be_full(publisher, tmp_path):
    Publisher.files = {"/places_county.csv": b"x" * 100_000}
    (tmp_path / "places_county.csv.part").symlink_to("/dev/full")
    with pytest.raises(UserError, match="cannot write .*places_county.csv.part: No space left on device; make room"):
        downloading.fetch("places", tmp_path, mirror=publisher)
