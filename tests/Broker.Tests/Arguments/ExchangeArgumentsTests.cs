using Warren.Broker.Arguments;
using Xunit;

namespace Warren.Broker.Tests.Arguments;

public class ExchangeArgumentsTests
{
    public static TheoryData<string[]> Declarations => RecordedCases.Read("exchanges.txt");

    public static TheoryData<string[]> Bindings => RecordedCases.Read("bindings.txt");

    [Theory]
    [MemberData(nameof(Declarations))]
    public void Declaring_is_answered_as_recorded(string[] line)
    {
        ExchangeProperties declared = Parse(line[2]);
        string outcome = RecordedCases.Outcome(() =>
        {
            ExchangeArguments.CheckType(declared.Type);
            if (line[1] == "-")
                ExchangeArguments.Validate("/", "e1", declared.Type, declared.Arguments);
            else
                ExchangeArguments.CheckEquivalent("/", "e1", Parse(line[1]), declared);
        });
        Assert.Equal(line[3], outcome);
    }

    [Theory]
    [MemberData(nameof(Bindings))]
    public void Binding_is_answered_as_recorded(string[] line)
    {
        string outcome = RecordedCases.Outcome(
            () => BindingArguments.Validate(line[1], line[2], FieldText.Table(line[3])));
        Assert.Equal(line[4], outcome);
    }

    [Fact]
    public void The_alternate_exchange_is_returned_for_the_check_of_rights()
    {
        string? alternate = ExchangeArguments.Validate(
            "/", "e1", "fanout", FieldText.Table("""{"alternate-exchange": "ae"}"""));

        Assert.Equal("ae", alternate);
    }

    private static ExchangeProperties Parse(string text)
    {
        int arguments = text.IndexOf('{', StringComparison.Ordinal);
        string[] words = text[..arguments].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new ExchangeProperties(
            words[0],
            words.Contains("durable"),
            words.Contains("auto_delete"),
            words.Contains("internal"),
            FieldText.Table(text[arguments..]));
    }
}
