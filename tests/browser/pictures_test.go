package browser_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/require"
)

// pictures is where the pages are that the documentation shows, and their pictures beside them.
const pictures = "../../docs/pictures"

// Each picture in the documentation is one of the page beside it: the picture holds the page's digest. The tests of
// packages payroll and review say whether the page is the one that is written today. DJAMO_WRITE_DOCS=1 draws them.
func TestPictures_AreOfThePages(t *testing.T) {
	t.Parallel()
	for _, path := range pagesOfPictures(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		digest := sha256.Sum256(text)
		want := hex.EncodeToString(digest[:])
		drawn := strings.TrimSuffix(path, ".html") + ".png"
		if os.Getenv("DJAMO_WRITE_DOCS") != "" {
			require.NoError(t, os.WriteFile(drawn, withText(draw(t, path), want), 0o644))
		}
		picture, err := os.ReadFile(drawn)
		require.NoError(t, err)
		require.Equal(t, want, textOf(picture), "%s is the picture of another page: draw it with DJAMO_WRITE_DOCS=1 go test -run TestPictures .", drawn)
		size, err := png.DecodeConfig(bytes.NewReader(picture))
		require.NoError(t, err)
		require.Equal(t, pictureWidth, size.Width, drawn)
	}
}

// Everybody can read the pages of payroll: on a screen, on a phone, and in the dark.
func TestPictures_EverybodyCanReadThePages(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("testdata/axe-core/axe.min.js")
	require.NoError(t, err)
	s := newStage(t)
	for _, path := range pagesOfPictures(t) {
		person := s.open(t, desktop())
		person.visit(address(t, path))
		person.eval("(() => {" + string(axe) + "})() ?? ''")
		for _, l := range []look{{width: 1280, scheme: "light"}, {width: 390, scheme: "light"}, {width: 1280, scheme: "dark", coloursAlone: true}} {
			person.lookLike(l)
			fits(t, person, place{path: path}, l.width)
			violations(t, person, l, path)
		}
	}
}

func pagesOfPictures(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(pictures, "*.html"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

func address(t *testing.T, path string) string {
	t.Helper()
	whole, err := filepath.Abs(path)
	require.NoError(t, err)
	return "file://" + filepath.ToSlash(whole)
}

// pictureWidth is the width of a picture in pixels: a page of the documentation shows it as it is.
const pictureWidth = 1000

func draw(t *testing.T, path string) []byte {
	t.Helper()
	person := newStage(t).open(t, look{width: pictureWidth, scheme: "light", lang: "en"})
	person.visit(address(t, path))
	beyond := true
	return prepare(person, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond}).Data
}

// A PNG is a signature of eight bytes and chunks: length, kind, content, checksum. The text stands in one behind the first.
const (
	signature = 8
	header    = signature + 4 + 4 + 13 + 4
	keyword   = "Page\x00"
)

func withText(picture []byte, text string) []byte {
	content := append([]byte("tEXt"+keyword), text...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(content)-4))
	chunk = append(chunk, content...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(content))
	return append(append(append([]byte{}, picture[:header]...), chunk...), picture[header:]...)
}

func textOf(picture []byte) string {
	_, after, found := bytes.Cut(picture, []byte("tEXt"+keyword))
	if !found || len(after) < sha256.Size*2 {
		return "it names no page"
	}
	return string(after[:sha256.Size*2])
}
