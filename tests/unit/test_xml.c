/* SPDX-License-Identifier: MIT */
#include "collect/csv.h"
#include "collect/xml.h"
#include "tests/unit/cunit.h"

#include <string.h>

void test_xml_suite(void);

#define XSI "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

/* An element as text: name[type|kind]{children} or name=text. */
static void describe(const Element *element, GString *out)
{
    g_string_append(out, element->name);
    if (*element->type || *element->kind)
        g_string_append_printf(out, "[%s|%s]", element->type, element->kind);
    for (const Attribute *at = element->attributes; at; at = at->next)
        g_string_append_printf(out, "(%s:%s)", at->name, at->value);
    if (!element->first) {
        g_string_append_printf(out, "=%s;", element->text);
        return;
    }
    g_string_append_c(out, '{');
    for (const Element *child = element->first; child; child = child->next)
        describe(child, out);
    g_string_append_c(out, '}');
}

static gboolean take(const Element *element, gpointer data, GError **error)
{
    (void)error;
    describe(element, data);
    return TRUE;
}

/* What is handed over of a document that arrives in pieces of this many bytes; NULL where it is refused. */
static char *read_pieces(const char *document, guint depth, gsize piece, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(XmlReader) reader = xml_reader_new(depth, take, out);
    for (gsize at = 0, length = strlen(document); at < length; at += piece)
        if (!xml_reader_push(reader, document + at, MIN(piece, length - at), error))
            return NULL;
    return xml_reader_finish(reader, error) ? g_strdup(out->str) : NULL;
}

static void reads(const char *document, guint depth, const char *expected)
{
    static const gsize pieces[] = {1, 2, 7, 1000000};
    for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *found = read_pieces(document, depth, pieces[i], &error);
        CU_ASSERT_PTR_NULL(error);
        CU_ASSERT_STRING_EQUAL(found ? found : "refused", expected);
    }
}

static void refuses(const char *document, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = read_pieces(document, 1, 5, &error);
    CU_ASSERT_PTR_NULL(found);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, part));
}

static void elements_of_the_depth_are_handed_over_whole(void)
{
    const char *document = "<r><a><b>1</b><b/></a>\n<c>x</c></r>";
    reads(document, 0, "r{a{b=1;b=;}c=x;}");
    reads(document, 1, "a{b=1;b=;}c=x;");
    reads(document, 2, "b=1;b=;");
    reads(document, 3, "");
}

static void a_fault_is_handed_over_wherever_elements_are_expected(void)
{
    reads(
        "<e:Envelope xmlns:e=\"urn:e\"><e:Body><e:Fault><faultstring>no</faultstring></e:Fault></e:Body></e:Envelope>",
        4, "Fault{faultstring=no;}");
}

static void types_come_without_their_prefixes(void)
{
    reads("<r " XSI "><v xsi:type=\"vim:HostSystem\" type=\"Folder\" other=\"z\">group-1</v></r>", 1,
          "v[HostSystem|Folder](other:z)=group-1;");
}

static void text_is_what_xml_means(void)
{
    reads("<r><v>&lt;a&gt; &amp;&#228;&#x1F600;<![CDATA[<&>]]></v></r>", 1, "v=<a> &ä😀<&>;");
    reads("<r><v> spaces  stay </v><v>\n</v></r>", 1, "v= spaces  stay ;v=\n;");
}

static void nothing_is_loaded_or_expanded(void)
{
    refuses("<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><r><v/></r>", "found a document type");
    refuses("<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><r><v>&b;</v></r>",
            "found a document type");
    refuses("<r><v>&unknown;</v></r>", "found no XML");
}

static void what_is_no_xml_is_refused(void)
{
    refuses("", "found no XML");
    refuses("no xml at all", "found no XML");
    refuses("<r><v></r>", "found no XML");
    refuses("<r><v>half", "found no XML");
    refuses("<r><v>\xff</v></r>", "found no XML");
    refuses("<r><v>\x01</v></r>", "found no XML");
}

static void depth_has_a_bound(void)
{
    g_autoptr(GString) document = g_string_new("<r>");
    for (int i = 0; i < 100; i++)
        g_string_append(document, "<v>");
    refuses(document->str, "too large or too deep");
}

static gboolean refuse_second(const Element *element, gpointer data, GError **error)
{
    int *count = data;
    if (++*count < 2)
        return TRUE;
    g_set_error(error, VMANGER_ERROR, 0, "no more than one %s", element->name);
    return FALSE;
}

static void text_has_a_bound(void)
{
    enum { PIECE = 1 << 20, PIECES = 65 };
    g_autofree char *piece = g_strnfill(PIECE, 'x');
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(XmlReader) reader = xml_reader_new(1, take, out);
    gboolean ok = xml_reader_push(reader, "<r><v>", strlen("<r><v>"), &error);
    for (int i = 0; i < PIECES && ok; i++)
        ok = xml_reader_push(reader, piece, PIECE, &error);
    CU_ASSERT_FALSE(ok);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "too large or too deep"));
}

static void an_error_of_the_taker_ends_the_parsing(void)
{
    int count = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(XmlReader) reader = xml_reader_new(1, refuse_second, &count);
    const char *document = "<r><v/><v/><v/><v/></r>";
    CU_ASSERT_FALSE(xml_reader_push(reader, document, strlen(document), &error));
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_STRING_EQUAL(error->message, "no more than one v");
}

static void large_elements_do_not_disturb_those_after_them(void)
{
    g_autofree char *text = g_strnfill(200000, 'x');
    g_autofree char *document = g_strdup_printf(
        "<r><v><a>1</a><b>%s</b><c>2</c></v><v><a>3</a></v><v>%s</v><v>4</v></r>", text, text);
    g_autofree char *expected = g_strdup_printf("v{a=1;b=%s;c=2;}v{a=3;}v=%s;v=4;", text, text);
    reads(document, 1, expected);
}

static gboolean find_paths(const Element *element, gpointer data, GError **error)
{
    (void)error;
    GString *out = data;
    static const char *const paths[] = {"a", "a.b", "a.b.c", "ab", "x", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        const char *text = element_text(element, paths[i]);
        g_string_append_printf(out, "%s ", text ? text : "-");
    }
    return TRUE;
}

static void paths_lead_to_the_first_element_of_each_name(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(XmlReader) reader = xml_reader_new(0, find_paths, out);
    const char *document = "<r><ab>1</ab><a><b>2</b><b>3</b></a></r>";
    CU_ASSERT_TRUE(xml_reader_push(reader, document, strlen(document), NULL));
    CU_ASSERT_STRING_EQUAL(out->str, " 2 - 1 -  ");
    CU_ASSERT_PTR_NULL(element_at(NULL, "a"));
}

static void escaped_text_reads_back_as_it_was(void)
{
    const char *hostile = "<b>&amp;\"'\r\n\t]]> ä😀";
    g_autoptr(GString) document = g_string_new("<r><v>");
    xml_append_text(document, hostile);
    g_string_append(document, "</v></r>");
    g_autofree char *expected = g_strdup_printf("v=%s;", hostile);
    reads(document->str, 1, expected);
    g_string_truncate(document, 0);
    xml_append_text(document, "a\x01\x1f"
                              "b");
    CU_ASSERT_STRING_EQUAL(document->str, "ab");
}

static gboolean take_cell(const Element *element, gpointer data, GError **error)
{
    (void)data, (void)error;
    CU_ASSERT_STRING_EQUAL(element_attribute(element, "r"), "A1");
    CU_ASSERT_STRING_EQUAL(element_attribute(element, "id"), "x");
    CU_ASSERT_PTR_NULL(element_attribute(element, "t"));
    CU_ASSERT_PTR_NULL(element_attribute(element, "type"));
    return TRUE;
}

static void attributes_are_found_by_name(void)
{
    reads("<a><c r=\"A1\" s='&lt;2'/><c/></a>", 1, "c(r:A1)(s:<2)=;c=;");
    g_autoptr(XmlReader) reader = xml_reader_new(1, take_cell, NULL);
    static const char text[] = "<a xmlns:r=\"y\"><c type=\"n\" r=\"A1\" r:id=\"x\"/></a>";
    CU_ASSERT_TRUE(xml_reader_push(reader, text, strlen(text), NULL));
    CU_ASSERT_TRUE(xml_reader_finish(reader, NULL));
}

void test_xml_suite(void)
{
    CU_pSuite suite = CU_add_suite("xml", NULL, NULL);
    CU_ADD_TEST(suite, elements_of_the_depth_are_handed_over_whole);
    CU_ADD_TEST(suite, a_fault_is_handed_over_wherever_elements_are_expected);
    CU_ADD_TEST(suite, types_come_without_their_prefixes);
    CU_ADD_TEST(suite, attributes_are_found_by_name);
    CU_ADD_TEST(suite, text_is_what_xml_means);
    CU_ADD_TEST(suite, nothing_is_loaded_or_expanded);
    CU_ADD_TEST(suite, what_is_no_xml_is_refused);
    CU_ADD_TEST(suite, depth_has_a_bound);
    CU_ADD_TEST(suite, text_has_a_bound);
    CU_ADD_TEST(suite, an_error_of_the_taker_ends_the_parsing);
    CU_ADD_TEST(suite, large_elements_do_not_disturb_those_after_them);
    CU_ADD_TEST(suite, paths_lead_to_the_first_element_of_each_name);
    CU_ADD_TEST(suite, escaped_text_reads_back_as_it_was);
}
